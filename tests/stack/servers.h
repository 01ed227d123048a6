#pragma once
// Real servers with data of the test's own, as packaging/make-stack makes them.

#include "support/program.h"
#include "support/stack_directory.h"

#include <string>
#include <vector>

namespace holdfast::test {

class Servers {
public:
  /// Makes fresh data of all four and a holdfast.yaml that runs them.
  Servers();

  [[nodiscard]] const StackDirectory& directory() const { return directory_; }
  [[nodiscard]] int postgresql_port() const { return first_port_; }
  /// All ports that the servers may use.
  [[nodiscard]] std::vector<int> ports() const;

  /// Rewrites holdfast.yaml so that it runs PostgreSQL alone, with `keys` added to its entry ("start_within:
  /// 3s").
  void only_postgresql(const std::string& keys = "") const;
  /// Adds a line to postgresql.conf.
  void set_postgresql(const std::string& line) const;

  /// psql as the cluster's owner over its socket: to the end of `sql`, or its words for `holding` a session
  /// open.
  [[nodiscard]] Finished psql(const std::string& sql, Milliseconds within = 60s) const;
  [[nodiscard]] Words psql_words(const std::string& sql) const;

private:
  StackDirectory directory_;
  int first_port_;
};

} // namespace holdfast::test
