#pragma once
// RabbitMQ's management API, over HTTP: what a broker tells of itself beside its own protocol.

#include "observer/http_client.h"
#include "observer/probe.h"

#include <memory>
#include <string_view>

namespace holdfast::observer {

/// Asks whether the broker itself has an alarm (GET /api/health/checks/local-alarms) that keeps publishers
/// waiting. `server` is of the API's URL, with its user. `answered` comes from the loop, once: succeeded;
/// failed, with the alarms by name ("memory alarm on rabbit@a: publishers are kept waiting"); or what else
/// kept it from being known.
[[nodiscard]] std::unique_ptr<HttpExchange> ask_for_alarms(boost::asio::io_context& loop, HttpServer server,
                                                           Answered answered);

/// What an answer of the API means that is not the 200 that was asked for, or any other server's that lets
/// users in; `user` is whose request it was, empty: nobody's.
[[nodiscard]] Answer refusal_of(const HttpResponse& response, std::string_view user);

} // namespace holdfast::observer
