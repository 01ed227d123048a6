#pragma once

#include "base/time.h"
#include "engine/side_programs.h"
#include "engine/tree.h"
#include "model/spec.h"
#include "wire/archives.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::engine {

/// Has log files that were put aside compressed, and those removed that are not to be kept: at the start,
/// after each rotation, when a line found no room, when the configuration changes, and each five minutes for
/// their age and the room on the disk. A program of ours does it (wire/archives.h), at idle priority and one
/// at a time: one that hangs, as on a dead disk, or dies holds up nobody.
class ArchiveTidier {
public:
  struct Parts {
    boost::asio::io_context& loop;
    SidePrograms& programs;
    const Tree& tree;
  };
  /// The orders become the program's last argument.
  struct Program {
    std::vector<std::string> words;
    Duration patience = std::chrono::minutes(10); ///< after so long without a sign of life it is killed
  };
  struct Options {
    Program program;
    int directory = -1; ///< of the logs; borrowed
    std::string lock;   ///< path of a file that an engine and the one after it have in common
  };
  struct Handlers {
    std::function<void(const std::string&)> note;
    std::function<void(const std::string&)> trouble;
  };

  ArchiveTidier(Parts parts, Options options, Handlers handlers);

  /// The spec is in force, or another one.
  void respecified(const model::LogArchives& wanted);
  /// A file was put aside.
  void rotated();
  /// A line found no room.
  void full() { rotated(); }
  /// Nothing is started any more.
  void stop();

private:
  void tidy_within(Duration span);
  void tidy();
  void hear(const std::string& line);
  void ended(const SideEnd& end);
  void tell_removed();
  void trouble(std::string what);

  Parts parts_;
  Options options_;
  Handlers handlers_;
  model::LogArchives wanted_;
  boost::asio::steady_timer timer_;
  MonoTime due_ = never;
  bool working_ = false;
  bool again_ = false; ///< something happened meanwhile
  bool stopped_ = false;
  model::LogArchives at_work_;     ///< by which the present one, or the last, decides
  wire::ArchiveTidings tidings_;   ///< of it so far
  std::set<std::string> troubles_; ///< of it so far
  std::set<std::string> told_;     ///< those of the one before
};

} // namespace holdfast::engine
