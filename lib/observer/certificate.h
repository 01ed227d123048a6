#pragma once
// What makes a TLS server the one that is meant: a chain to a trusted authority, and a name or an address
// that the certificate carries in its subjectAltName (never in its subject).

#include "base/result.h"

#include <openssl/ssl.h>
#include <string>

namespace holdfast::observer {

/// TLS 1.2 and later, and the authorities of the PEM file; an empty path: the system's. An error's code is
/// EINVAL: the cause is ours.
[[nodiscard]] Status trust(SSL_CTX* context, const std::string& ca_file);

/// The certificate must carry `name`, a host name or an IP address; a host name is also asked for (SNI).
[[nodiscard]] Status expect_name(SSL* connection, const std::string& name);

/// Why a certificate of the chain is refused, in words; for the callback of the verification, of a context
/// that carries an error.
[[nodiscard]] std::string refusal(X509_STORE_CTX* verification, const std::string& name);

} // namespace holdfast::observer
