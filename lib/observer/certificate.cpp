#include "observer/certificate.h"

#include "base/file.h"
#include "observer/words.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace holdfast::observer {
namespace {

constexpr std::size_t longest_ca_file = 1U << 20;

template <auto free>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    free(thing);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

Error ours(std::string what) {
  return {std::move(what), EINVAL};
}

Status trust_file(SSL_CTX* context, const std::string& ca_file) {
  const auto pem = read_file(ca_file, longest_ca_file);
  if (!pem) return ours(pem.error().what);
  const Bio source(BIO_new_mem_buf(pem.value().data(), static_cast<int>(pem.value().size())));
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int certificates = 0;
  while (const Certificate one{PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(store, one.get());
    ++certificates;
  }
  ERR_clear_error();
  if (certificates == 0) return ours(ca_file + ": no certificate in PEM form in it");
  // A file that holds the server's own certificate, or the one that signed it, is enough.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return Done{};
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

/// SSL_set_tlsext_host_name, which is a macro with a cast of C's.
bool ask_for(SSL* connection, std::string name) {
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

std::string text_of(const ASN1_STRING* string) {
  const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  return {bytes, static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_of(const ASN1_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(bytes) == static_cast<int>(sizeof(in_addr)) ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != static_cast<int>(sizeof(in6_addr))) return "?";
  inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size());
  return text.data();
}

/// Of its subjectAltName, at most three.
std::string names_of(const X509* certificate) {
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string words;
  for (int i = 0, told = 0; i < sk_GENERAL_NAME_num(names.get()) && told < 3; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    words += (told++ == 0 ? "" : ", ") +
             (name->type == GEN_DNS ? text_of(name->d.dNSName) : address_of(name->d.iPAddress));
  }
  return words.empty() ? "no host" : excerpt(words);
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return "without a name";
  return '"' + excerpt(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)))) + '"';
}

std::string date_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return "a date that cannot be read";
  std::array<char, 32> text{};
  static_cast<void>(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &fields));
  return text.data();
}

} // namespace

Status trust(SSL_CTX* context, const std::string& ca_file) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (!ca_file.empty()) return trust_file(context, ca_file);
  if (SSL_CTX_set_default_verify_paths(context) != 1) return ours("the system's certificates cannot be read");
  return Done{};
}

Status expect_name(SSL* connection, const std::string& name) {
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool done = false;
  if (is_address(name))
    done = X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  else
    done =
        X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) == 1 && ask_for(connection, name);
  if (done) return Done{};
  ERR_clear_error();
  return ours("\"" + excerpt(name) + "\" is no name that a certificate can carry");
}

std::string refusal(X509_STORE_CTX* verification, const std::string& name) {
  const X509* const certificate = X509_STORE_CTX_get_current_cert(verification);
  const int code = X509_STORE_CTX_get_error(verification);
  // The chain's own authorities may be out of date as well; whose date it is must be said.
  const std::string whose =
      X509_STORE_CTX_get_error_depth(verification) == 0 || certificate == nullptr
          ? "certificate"
          : "certificate of the authority " + common_name(X509_get_subject_name(certificate));
  const char* const reason = X509_verify_cert_error_string(code);
  if (certificate == nullptr) return whose + ": " + reason;
  switch (code) {
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH: return "certificate is of " + names_of(certificate) + ", not " + name;
  case X509_V_ERR_CERT_HAS_EXPIRED: return whose + " expired on " + date_of(X509_get0_notAfter(certificate));
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return whose + " is not valid before " + date_of(X509_get0_notBefore(certificate));
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    return "certificate is self-signed, and not among those that are trusted";
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    return "certificate is signed by " + common_name(X509_get_issuer_name(certificate)) +
           ", which is not among the authorities that are trusted";
  default: return whose + ": " + reason;
  }
}

} // namespace holdfast::observer
