#pragma once

#include "observer/scripted_server.h"

#include <string>

namespace holdfast::test {

/// A request up to the end of its headers.
inline std::string request_of(Peer& peer) {
  return peer.receive_until("\r\n\r\n");
}

/// A whole answer with its length.
inline std::string http_answer(const std::string& status, const std::string& body = "",
                               const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// A script that reads one request and answers with these bytes.
inline ScriptedServer::Script answers_with(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) {
    request_of(peer);
    peer.send(bytes);
  };
}

} // namespace holdfast::test
