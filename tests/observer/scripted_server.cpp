#include "observer/scripted_server.h"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::test {
namespace {

constexpr int longest_wait_seconds = 20;

Fd listening(const sockaddr* address, socklen_t size) {
  Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(socket.get(), address, size) != 0 || ::listen(socket.get(), 1024) != 0)
    throw std::runtime_error("cannot listen");
  return socket;
}

Fd listen_on_loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listening(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Fd listen_on_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return listening(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int port_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

std::shared_ptr<BIO> reader_of(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

std::shared_ptr<SSL_CTX> server_context(const Identity& identity) {
  // OpenSSL writes to its sockets with write(2), and the peers here are those that end early.
  std::signal(SIGPIPE, SIG_IGN);
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const std::shared_ptr<X509> certificate(
      PEM_read_bio_X509(reader_of(identity.certificate).get(), nullptr, nullptr, nullptr), X509_free);
  const std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(reader_of(identity.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    throw std::runtime_error("no identity of a server");
  return context;
}

} // namespace

Peer::Peer(int socket, SSL_CTX* context) : socket_(socket), tls_(SSL_new(context)) {
  SSL_set_fd(tls_, socket_);
  is_up_ = SSL_accept(tls_) == 1;
}

Peer::~Peer() {
  if (tls_ == nullptr) return;
  if (is_up_) SSL_shutdown(tls_);
  SSL_free(tls_);
  ERR_clear_error();
}

long Peer::read_some(char* to, std::size_t size) {
  if (tls_ != nullptr) return SSL_read(tls_, to, static_cast<int>(size));
  return ::recv(socket_, to, size, 0);
}

bool Peer::write_all(std::string_view bytes) {
  if (tls_ != nullptr) return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Peer::receive_until(std::string_view end) {
  for (;;) {
    const auto found = read_ahead_.find(end);
    if (found != std::string::npos) return receive(found + end.size());
    char chunk[4096];
    const auto got = read_some(chunk, sizeof chunk);
    if (got <= 0) return std::exchange(read_ahead_, {});
    read_ahead_.append(chunk, static_cast<std::size_t>(got));
  }
}

std::string Peer::receive(std::size_t bytes) {
  while (read_ahead_.size() < bytes) {
    char chunk[4096];
    const auto got = read_some(chunk, sizeof chunk);
    if (got <= 0) return std::exchange(read_ahead_, {});
    read_ahead_.append(chunk, static_cast<std::size_t>(got));
  }
  std::string first = read_ahead_.substr(0, bytes);
  read_ahead_.erase(0, bytes);
  return first;
}

bool Peer::send(std::string_view bytes) {
  return write_all(bytes);
}

bool Peer::send_byte_by_byte(std::string_view bytes) {
  for (const char& byte : bytes)
    if (!write_all({&byte, 1})) return false;
  return true;
}

void Peer::send_endlessly(std::string_view bytes) {
  while (write_all(bytes))
    continue;
}

void Peer::wait_for_its_end() {
  char chunk[4096];
  while (read_some(chunk, sizeof chunk) > 0)
    continue;
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(listen_on_loopback()), port_(port_of(listener_.get())),
      acceptor_([this] { accept_all(); }) {}

ScriptedServer::ScriptedServer(Script script, const std::string& unix_path)
    : script_(std::move(script)), listener_(listen_on_path(unix_path)), acceptor_([this] { accept_all(); }) {}

ScriptedServer::ScriptedServer(Script script, const Identity& identity)
    : script_(std::move(script)), tls_(server_context(identity)), listener_(listen_on_loopback()),
      port_(port_of(listener_.get())), acceptor_([this] { accept_all(); }) {}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (const Fd& socket : sockets_)
    ::shutdown(socket.get(), SHUT_RDWR);
  for (std::thread& thread : threads_)
    thread.join();
}

int ScriptedServer::accepted() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(sockets_.size());
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const timeval longest{.tv_sec = longest_wait_seconds, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    const std::lock_guard lock(mutex_);
    sockets_.emplace_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void ScriptedServer::serve(int socket) {
  if (tls_) {
    Peer peer(socket, tls_.get());
    if (peer.is_up()) script_(peer);
  } else {
    Peer peer(socket);
    script_(peer);
  }
  ::shutdown(socket, SHUT_RDWR);
}

} // namespace holdfast::test
