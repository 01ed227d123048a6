#pragma once

#include "base/result.h"
#include "wire/observer.h"

#include <boost/asio/ip/tcp.hpp>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::observer {

/// libpq's keywords and what they are set to. Everything that is not there has a default that is the same for
/// everybody.
using LibpqSettings = std::vector<std::pair<const char*, std::string>>;

/// Without a user: as "postgres". Without a database: that of the user's name.
/// Addresses alone, so that libpq looks for no name, which would take its time. Precondition: at least one.
[[nodiscard]] LibpqSettings libpq_settings_for(const wire::ProbeQuestion& question,
                                               const std::vector<boost::asio::ip::tcp::endpoint>& found);
/// Refused: a path that is not called as PostgreSQL calls its sockets.
[[nodiscard]] Result<LibpqSettings> libpq_settings_for(const wire::ProbeQuestion& question,
                                                       const std::string& socket_path);

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using LibpqConnection = std::unique_ptr<PGconn, FinishConnection>;

/// Begins to connect, without waiting for anything; null: no memory. What the environment says to libpq is
/// removed from it.
[[nodiscard]] LibpqConnection begin_connection(const LibpqSettings& settings);

} // namespace holdfast::observer
