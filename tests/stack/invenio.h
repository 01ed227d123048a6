#pragma once
// A real InvenioRDM with its servers, as tests/stack/provision makes it, in a directory of the test's own.

#include "stack/outsider.h"
#include "support/stack_directory.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace holdfast::test {

class Invenio {
public:
  /// Provisions it: seconds where the downloads are in the cache, minutes where they are not.
  Invenio();

  [[nodiscard]] const StackDirectory& directory() const { return directory_; }
  [[nodiscard]] std::string site() const;
  [[nodiscard]] std::string token_file() const { return directory_ / "secrets/canary"; }
  [[nodiscard]] std::string ca() const { return directory_ / "tls/ca.crt"; }
  [[nodiscard]] std::vector<int> ports() const;
  /// Where uWSGI takes the requests for the REST API from nginx.
  [[nodiscard]] int api_port() const;
  /// AMQP.
  [[nodiscard]] int broker_port() const;

  struct Answer {
    int status = 0;
    std::string body;
    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
  };
  /// One request of the canary's user through nginx, as curl makes it; throws where there is no answer at
  /// all.
  [[nodiscard]] Answer ask(const std::string& method, const std::string& path,
                           const std::string& body = "") const;
  /// A record that everybody can read: its id.
  [[nodiscard]] std::string publish(const std::string& title) const;

  /// Somebody outside who reads pages, searches, reads this record, and makes drafts.
  [[nodiscard]] Outsider::Options sights(const std::string& record) const;

  /// Replaces each `from` by `to` in a file of the stack; throws where there is none.
  void change(const std::string& file, const std::string& from, const std::string& to) const;

private:
  StackDirectory directory_;
  int first_port_;
};

} // namespace holdfast::test
