#pragma once
// Debian's servers on 127.0.0.1, with data of the test's own, each as its own user: what a probe is told by
// them and not by a script.

#include "support/program.h"
#include "support/stack_directory.h"

#include <map>
#include <memory>
#include <string>

namespace holdfast::test {

/// One server and its directory. Ended politely, and by force where that does not help, when it goes.
class RealServer {
public:
  /// `user` owns the directory; the server gets `ports` free ports in a row.
  explicit RealServer(std::string user, int ports = 1);
  ~RealServer();
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;

  [[nodiscard]] int port() const { return first_port_; }
  [[nodiscard]] int port(int nth) const { return first_port_ + nth; }
  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string target() const { return "127.0.0.1:" + std::to_string(first_port_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return directory_ / name; }
  void write(const std::string& file, const std::string& text, unsigned mode = 0644) const;

  using Environment = std::map<std::string, std::string>;
  /// Starts it as its user, with this environment alone, and waits until its log has `ready`. Throws when it
  /// does not come to that.
  void start(const Words& program, const std::string& ready, const Environment& environment = {});
  void stop();
  void send(int signal) const { child_->send(signal); }
  /// Runs a program as the user of the server to its end, with the environment that it was started with.
  /// Throws when it fails.
  std::string run(const Words& program) const;

  /// All that it has said since it was first started.
  [[nodiscard]] std::string log() const;

private:
  [[nodiscard]] Words as_user(const Words& program) const;

  StackDirectory directory_;
  std::string user_;
  int first_port_;
  Environment environment_;
  std::unique_ptr<Child> child_;
};

/// How often `words` stand in `text`.
[[nodiscard]] int count_of(const std::string& words, const std::string& text);

} // namespace holdfast::test
