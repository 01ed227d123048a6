#pragma once

#include "engine/control_port.h"
#include "engine/runs.h"
#include "engine/side_programs.h"
#include "engine/tree.h"
#include "engine/volume_memory.h"
#include "model/events.h"
#include "model/stack.h"
#include "wire/status_view.h"
#include "wire/volume.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::engine {

/// Whether the volumes are those that were meant. Looked at in a process of its own, one at a time for each,
/// which may hang as long as it likes: at the start, when the list of mounts changes, every few seconds while
/// one is not right, and now and then for its free space. Of one that was right the list of mounts tells
/// without a wait whether it is so still.
class Volumes {
public:
  struct Parts {
    boost::asio::io_context& loop;
    SidePrograms& programs;
    const Tree& tree;
  };
  /// The program that looks (wire/volume.h): the question becomes its last argument.
  struct Looker {
    std::vector<std::string> program;
    Duration patience = std::chrono::seconds(5); ///< after it the volume is stuck
  };
  struct Options {
    Looker looker;
    std::string memory; ///< path of the file
  };
  struct Handlers {
    Happened happened;
    std::function<void(std::string)> told;              ///< a line for people
    std::function<void(std::function<void()>)> on_disk; ///< does what may wait for a disk, elsewhere
  };

  Volumes(Parts parts, const model::Stack& stack, Options options, Handlers handlers);

  /// Reads what is remembered.
  [[nodiscard]] Status open() { return memory_.read(); }
  /// The stack has another spec, or its first: what is new or changed in it is looked at.
  void respecified();
  /// The list of mounts may be another: compares, and has looked at what is not right.
  void mounts_changed();

  /// Why a service must not be started in this very moment, in words; empty where all its volumes are right.
  [[nodiscard]] std::string refusal(ServiceId service) const;

  /// Takes what is there for the volume that is meant, makes its marker where it has none, and remembers it.
  /// `id`: of the request; a marker that begins with it was made for this very adoption, by an engine before.
  /// `told` is called from the loop, later; when it was adopted, that has reached the disk.
  void adopt(const std::string& name, CommandId id, std::function<void(const Adopted&)> told);

  /// As `status` shows them, in the order of the configuration.
  [[nodiscard]] std::vector<wire::VolumeStatus> status() const;

private:
  struct Volume {
    model::VolumeSpec spec;
    wire::VolumeAnswer seen;           ///< the last answer, or what the list of mounts said since
    MonoTime asked{};                  ///< when a look began
    bool looking = false;              ///< one is under way
    bool again = false;                ///< and another is to follow
    std::optional<std::string> told{}; ///< to the model: what is wrong, empty where nothing is
    [[nodiscard]] bool is_right() const { return told && told->empty(); }
    std::function<void(const Adopted&)> adopt{}; ///< is waited for
    CommandId adopt_id{};                        ///< of that
  };

  [[nodiscard]] Volume* find(const std::string& name);
  [[nodiscard]] wire::VolumeQuestion question_of(const Volume& volume) const;
  void look(Volume& volume);
  void answered(const model::VolumeSpec& asked, bool adopts, const SideEnd& end);
  void take(Volume& volume, bool adopts, const SideEnd& end);
  void take(Volume& volume, wire::VolumeAnswer answer);
  void take_adoption(Volume& volume, const wire::VolumeAnswer& answer);
  void is_stuck(Volume& volume);
  void is_unclear(Volume& volume, const std::string& why);
  void finish(Volume& volume, const Adopted& outcome);
  void remember(const Volume& volume, std::function<void(const Status&)> done);
  void tell(Volume& volume);
  void wake_within(Duration span);
  void woken();

  Parts parts_;
  const model::Stack& stack_;
  Options options_;
  Handlers handlers_;
  VolumeMemory memory_;
  std::vector<Volume> volumes_;
  boost::asio::steady_timer timer_;
  MonoTime due_ = never;
};

} // namespace holdfast::engine
