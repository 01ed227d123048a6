#pragma once

#include "base/fd.h"
#include "observer/certificates.h"

#include <functional>
#include <memory>
#include <mutex>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::test {

/// The server's side of one connection. Its calls wait, at most 20 s; when the peer is gone, or the test is
/// over, they answer at once: nothing more is received and what is sent goes nowhere.
class Peer {
public:
  explicit Peer(int socket) : socket_(socket) {}
  /// Speaks TLS; false from `is_up` where the peer would not have it.
  Peer(int socket, SSL_CTX* context);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// What was sent up to and with `end`; less where the peer ended before.
  std::string receive_until(std::string_view end);
  std::string receive(std::size_t bytes);
  /// False when the peer is gone.
  bool send(std::string_view bytes);
  /// Each byte by itself, so that the reader sees every cut there is.
  bool send_byte_by_byte(std::string_view bytes);
  void send_endlessly(std::string_view bytes);
  /// Says nothing and waits until the peer goes.
  void wait_for_its_end();

  [[nodiscard]] bool is_up() const { return is_up_; }

private:
  long read_some(char* to, std::size_t size);
  bool write_all(std::string_view bytes);

  int socket_; ///< borrowed
  SSL* tls_ = nullptr;
  bool is_up_ = true;
  std::string read_ahead_;
};

/// Listens on 127.0.0.1 or a unix socket and runs a script for each connection, in a thread of its own; a
/// connection is closed when its script returns.
class ScriptedServer {
public:
  using Script = std::function<void(Peer&)>;
  explicit ScriptedServer(Script script);
  ScriptedServer(Script script, const std::string& unix_path);
  /// Over TLS. Connections on which the handshake fails have no script.
  ScriptedServer(Script script, const Identity& identity);
  /// Ends all connections and waits for the scripts.
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Connections accepted so far.
  [[nodiscard]] int accepted() const;

private:
  void accept_all();
  void serve(int socket);

  Script script_;
  std::shared_ptr<SSL_CTX> tls_; ///< none: plain
  Fd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Fd> sockets_; ///< until the end, so that no number is used twice
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

} // namespace holdfast::test
