#include "observer/certificates.h"

#include <atomic>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace holdfast::test {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
  return {data, static_cast<std::size_t>(size)};
}

template <typename Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  write(bio.get());
  return contents(bio.get());
}

std::string pem_of(const Certificate& certificate) {
  return pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
}

std::string pem_of(const Key& key) {
  return pem(
      [&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

Key new_key() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free};
}

Certificate new_certificate(const std::string& subject, EVP_PKEY* key, long from, long to) {
  static std::atomic<long> serial = 1;
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void add_extension(X509* certificate, int which, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, which, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names)
    all += (all.empty() ? "" : ",") + name;
  return all;
}

Identity finished(const Authority::Wanted& wanted, const Key& key, const Certificate& certificate,
                  const X509_NAME* issuer, EVP_PKEY* signer) {
  if (!wanted.names.empty()) add_extension(certificate.get(), NID_subject_alt_name, joined(wanted.names));
  X509_set_issuer_name(certificate.get(), issuer);
  X509_sign(certificate.get(), signer, EVP_sha256());
  return {pem_of(certificate), pem_of(key)};
}

constexpr long two_days = 172800;

} // namespace

Authority::Authority(const std::string& name)
    : key_(new_key()), certificate_(new_certificate(name, key_.get(), -two_days, two_days)) {
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

Identity Authority::issue(const Wanted& wanted) const {
  const Key key = new_key();
  const auto certificate = new_certificate(wanted.subject, key.get(), wanted.valid_from, wanted.valid_to);
  return finished(wanted, key, certificate, X509_get_subject_name(certificate_.get()), key_.get());
}

Identity Authority::self_signed(const Wanted& wanted) {
  const Key key = new_key();
  const auto certificate = new_certificate(wanted.subject, key.get(), wanted.valid_from, wanted.valid_to);
  return finished(wanted, key, certificate, X509_get_subject_name(certificate.get()), key.get());
}

std::string Authority::certificate() const {
  return pem_of(certificate_);
}

} // namespace holdfast::test
