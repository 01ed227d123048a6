#pragma once

#include <memory>
#include <openssl/x509.h>
#include <string>
#include <vector>

namespace holdfast::test {

/// A certificate and its key, each in PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// A certificate authority of a test's own.
class Authority {
public:
  explicit Authority(const std::string& name);

  struct Wanted {
    std::vector<std::string> names{};     ///< "DNS:localhost", "IP:127.0.0.1"
    long valid_from = -3600;              ///< seconds from now
    long valid_to = 3600;                 ///< seconds from now
    std::string subject = "the server's"; ///< common name, which proves nothing
  };
  [[nodiscard]] Identity issue(const Wanted& wanted) const;
  [[nodiscard]] std::string certificate() const;

  /// Signed by its own key.
  [[nodiscard]] static Identity self_signed(const Wanted& wanted);

private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

} // namespace holdfast::test
