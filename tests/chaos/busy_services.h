#pragma once
// A stack in which something is always going on, and what an operator does to it.

#include "chaos/chaos_stack.h"
#include "chaos/commander.h"

#include <set>
#include <string>
#include <vector>

namespace holdfast::test {

class BusyServices {
public:
  /// Two write so many bytes of lines a second together; others write less, wait for each other, end by
  /// themselves, have children, serve on a held socket that a network probe asks, or are a task.
  BusyServices(const ChaosPlace& place, std::uint64_t bytes_a_second);

  /// Writes the configuration. Each time `changed` has another environment and logs are rotated at another
  /// size.
  void configure();
  /// Each leaves the stack as it was.
  [[nodiscard]] std::vector<Deed> deeds();

  /// Where `web` serves, whatever happens.
  [[nodiscard]] int port() const { return port_; }
  /// Those that end by themselves.
  [[nodiscard]] static std::set<std::string> mortal() { return {"mortal", "job"}; }

  struct Log {
    std::string service;
    bool timestamps = true;
  };
  [[nodiscard]] std::vector<Log> logs() const;

private:
  [[nodiscard]] std::vector<ChaosService> services() const;

  const ChaosPlace& place_;
  std::uint64_t bytes_a_second_;
  int port_;
  std::uint64_t turn_ = 0;
};

} // namespace holdfast::test
