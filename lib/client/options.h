#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::client {

enum class Verb : std::uint8_t {
  run,
  check,
  plan,
  status,
  explain,
  start,
  stop,
  restart,
  reload,
  door,
  task,
  logs,
  events,
  volume_list,
  volume_adopt,
  upgrade,
  version
};

struct Options {
  Verb verb = Verb::status;
  std::vector<std::string> services;
  std::string config = "/etc/holdfast/holdfast.yaml";
  std::string socket;                 ///< empty: the configuration's
  std::string cgroup;                 ///< run; empty: our own
  std::optional<std::uint64_t> lines; ///< logs, events
  std::string since;                  ///< logs, events: see since.h; empty: by number
  std::string until;                  ///< logs: the same; empty: to the last
  std::string grep;                   ///< logs: an expression that compiles (line_pattern.h); empty: none
  bool json = false;
  bool raw = false; ///< logs: the bytes as they are in the files
  bool watch = false;
  bool follow = false;
  bool no_wait = false;
  bool open = false;  ///< door: opened, else closed
  std::string volume; ///< volume adopt
};

/// Either options, or a text to print (help, version, a mistake) and the exit code.
struct Parsed {
  std::optional<Options> options;
  std::string text;
  int exit_code = 0;
};

/// `words` are the arguments without the program's name. Options stand before or after the verb.
[[nodiscard]] Parsed parse(const std::vector<std::string>& words, const std::string& version);

} // namespace holdfast::client
