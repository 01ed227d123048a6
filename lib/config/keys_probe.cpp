#include "config/keys.h"

#include <array>

namespace holdfast::config {
namespace {

using enum Type;

constexpr std::array tls_keys = {
    key("name", text, "Name that the certificate must carry"),
    key("ca", path, "Certificates that it is verified with"),
};
constexpr Section tls_section = {tls_keys};

constexpr Key notify = key("notify", yes, "It says READY=1 itself");
constexpr Key running = key("running", duration, "It has run for so long").in(0, day_in_ms);
constexpr Key exec = key("exec", program, "A program ends well");

// What speaks to a network peer is the observer's.
constexpr std::array kinds = {
    key("tcp", address, "It accepts a connection").not_yet(),
    key("http", url, "It answers a request").not_yet(),
    key("postgresql", address, "It answers a query").not_yet(),
    key("redis", address, "It answers PING").not_yet(),
    key("amqp", address, "It answers the handshake").not_yet(),
    key("opensearch", url, "Its cluster is healthy").not_yet(),
    key("uwsgi", address, "It answers a request").not_yet(),
    key("celery", any, "Its queues move").not_yet(),
};

constexpr std::array details = {
    key("status", integer, "http: the status that is expected").in(100, 599).not_yet(),
    key("host", text, "http: the Host that is sent").not_yet(),
    key("headers", word, "http: headers that are sent").named(NameRule::free).not_yet(),
    key("body", text, "http: a regular expression that the body matches").not_yet(),
    key("tls", section, "http: how the certificate is verified").of(tls_section).not_yet(),
    key("user", text, "postgresql: as whom").not_yet(),
    key("database", text, "postgresql: where").not_yet(),
    key("query", text, "postgresql: what is asked").not_yet(),
    key("write", boolean, "redis: a key is written as well").not_yet(),
    key("secret_file", path, "Password, mode 0600 or 0640; read by root").not_yet(),
};

constexpr std::array rhythm = {
    key("every", duration, "Time between two probes").in(10, day_in_ms),
    key("timeout", duration, "Longer is a failure").in(10, day_in_ms),
    key("failures", integer, "Failures in a row that count").in(1, 1000),
    key("successes", integer, "Successes in a row that count").in(1, 1000),
    key("quiet", duration, "Not asked for so long after a start").in(0, day_in_ms),
};

template <std::size_t... N>
constexpr auto joined(const std::array<Key, N>&... parts) {
  std::array<Key, (N + ...)> all{};
  std::size_t at = 0;
  const auto append = [&](const auto& part) {
    for (const Key& one : part)
      all[at++] = one;
  };
  (append(parts), ...);
  return all;
}

constexpr std::array common = joined(std::array{notify, running, exec}, kinds, details, rhythm);

constexpr std::array the_ready_keys = common;

// Neither its running nor its word that it is ready tells that a start is recovery.
constexpr std::array the_progress_keys = joined(
    std::array{notify.not_yet(), running.not_yet(), exec}, kinds, details, rhythm,
    std::array{key("exit", integer, "exec: the exit codes that mean success").as(Shape::list).in(0, 255)});

constexpr std::array then_choices = {Choice{"restart"}, Choice{"alert"}};
constexpr std::array the_live_keys =
    joined(common, std::array{key("then", choice, "What its failure does").of(then_choices).needed()});

constexpr std::array<std::string_view, 11> kind_names = {"notify",     "running",    "exec",  "tcp",
                                                         "http",       "postgresql", "redis", "amqp",
                                                         "opensearch", "uwsgi",      "celery"};

} // namespace

const Section ready_keys = {the_ready_keys};
const Section progress_keys = {the_progress_keys};
const Section live_keys = {the_live_keys};
const std::span<const std::string_view> probe_kinds = kind_names;

} // namespace holdfast::config
