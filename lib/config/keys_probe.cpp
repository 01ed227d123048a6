#include "config/joined.h"
#include "config/keys.h"

#include <array>

namespace holdfast::config {
namespace {

using enum Type;

constexpr std::array the_tls_keys = {
    key("name", text, "Name that the certificate must carry"),
    key("ca", path, "Certificates that it is verified with"),
};
constexpr Section tls_section = {the_tls_keys};

constexpr Key notify = key("notify", yes, "It says READY=1 itself");
constexpr Key running = key("running", duration, "It has run for so long").in(0, day_in_ms);
constexpr Key exec = key("exec", program, "A program ends well");

// What speaks to a network peer is the observer's.
constexpr std::array kinds = {
    key("tcp", address, "It accepts a connection"),
    key("http", url, "It answers a request"),
    key("postgresql", address, "It lets a client in, and answers `query`"),
    key("redis", address, "It answers PING"),
    key("amqp", address, "It answers the handshake, and a login where there is a user"),
    key("opensearch", url, "Its cluster is healthy and can be written to"),
    key("uwsgi", address, "Its stats server: it has workers, and room in its queue"),
    key("celery", url, "The broker's management API: the queues have consumers and move"),
};

constexpr std::array details = {
    key("status", integer, "http: the status that is expected").in(100, 599),
    key("host", line, "http: the Host that is sent; else that of stack.site"),
    key("headers", word, "http: headers that are sent").named(NameRule::free).at_most(64),
    key("body", expression, "http: a regular expression that is found in the body"),
    key("tls", section, "http, opensearch, amqp, celery: how the certificate is verified").of(tls_section),
    key("user", text, "postgresql, redis, amqp, opensearch, celery: as whom"),
    key("secret_file", path, "Its password, mode 0600 or 0640; read by root"),
    key("database", text, "postgresql: where"),
    key("query", text, "postgresql: what is asked"),
    key("write", boolean, "redis: a key is written as well"),
    key("vhost", text, "amqp, celery: the virtual host"),
    key("management", url, "amqp: URL of the management API, which is asked for alarms"),
    key("queues", text, "celery: the queues").as(Shape::list).at_most(64),
};

constexpr std::array rhythm = {
    key("every", duration, "Time between two probes").in(10, day_in_ms),
    key("timeout", duration, "Longer is a failure").in(10, day_in_ms),
    key("failures", integer, "Failures in a row that count").in(1, 1000),
    key("successes", integer, "Successes in a row that count").in(1, 1000),
    key("quiet", duration, "Not asked for so long after a start").in(0, day_in_ms),
};

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

const Section tls_keys = {the_tls_keys};
const Section ready_keys = {the_ready_keys};
const Section progress_keys = {the_progress_keys};
const Section live_keys = {the_live_keys};
const std::span<const std::string_view> probe_kinds = kind_names;

} // namespace holdfast::config
