#pragma once

#include "base/result.h"
#include "base/time.h"
#include "config/difference.h"
#include "config/load.h"
#include "engine/file_marks.h"
#include "engine/kept_configuration.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::engine {

/// The configuration in force and what is on the disk now. Whatever touches a path that an operator chose, or
/// asks for users and groups, is done by a thread of its own, one thing after the other: a directory server
/// or a network disk may take its time.
class Configuration {
public:
  struct Options {
    std::string file;                     ///< for people
    std::function<config::Loaded()> read; ///< called in that thread
    /// Called in that thread with what was read: refused where this machine cannot run it. Empty: it can.
    std::function<Status(const model::StackSpec&)> can_run = {};
    config::Loaded accepted; ///< has a stack
    /// Holds `accepted`, for an engine that comes after this one. None: nothing is kept.
    std::optional<KeptConfiguration> kept = {};
  };
  /// What is on the disk.
  struct Found {
    config::Loaded loaded;
    config::ChangedFiles changed; ///< of the services that were marked
    Status can_run = Done{};      ///< this machine; only where there is a stack
  };

  Configuration(boost::asio::io_context& loop, Options options);

  [[nodiscard]] const std::string& file() const { return options_.file; }
  [[nodiscard]] const config::Loaded& accepted() const { return options_.accepted; }
  /// What it is kept in, for the anchor to hold; -1: nothing is kept.
  [[nodiscard]] int memory() const { return options_.kept ? options_.kept->memory() : -1; }
  /// Before the model hears of it: it is kept beside the one in force. Refused where there is no room for
  /// both; then nothing has changed.
  [[nodiscard]] Status prepare(const config::Loaded& loaded);
  /// What was prepared is in force: the model has it, and its state is saved.
  void accept(config::Loaded loaded);

  /// `done` is called from the loop.
  void read(std::function<void(Found)> done);
  /// What a running service was started on; replaces what was marked of it before.
  void mark(const std::string& service, const std::vector<std::string>& files);
  /// Anything else that may wait for a disk.
  void later(std::function<void()> job);

  /// Waits until all that was asked of the thread is done, so long at most.
  void drain(std::chrono::seconds within);

  /// Since when the files in force are not those on the disk any more. Asks the file system, at most once a
  /// second.
  [[nodiscard]] std::optional<WallTime> changed_on_disk() const;

private:
  boost::asio::io_context& loop_;
  Options options_;
  std::uint64_t prepared_ = 0; ///< 0: nothing
  /// Of all files that it was made of, as they were when they were read.
  std::vector<std::pair<std::string, FileState>> states_;
  mutable MonoTime asked_{};
  mutable std::optional<WallTime> changed_;
  std::map<std::string, std::map<std::string, FileMark>> marks_; ///< the thread's
  boost::asio::thread_pool thread_{1};                           ///< last: it ends before what it uses
};

} // namespace holdfast::engine
