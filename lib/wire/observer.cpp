#include "wire/observer.h"

#include "wire/json.h"

#include <array>
#include <cstring>

namespace holdfast::wire {
namespace {

struct Named {
  ProbeProtocol protocol;
  std::string_view word;
};

constexpr std::array protocols = {
    Named{ProbeProtocol::tcp, "tcp"},
    Named{ProbeProtocol::http, "http"},
    Named{ProbeProtocol::postgresql, "postgresql"},
    Named{ProbeProtocol::redis, "redis"},
    Named{ProbeProtocol::amqp, "amqp"},
    Named{ProbeProtocol::opensearch, "opensearch"},
    Named{ProbeProtocol::uwsgi, "uwsgi"},
    Named{ProbeProtocol::celery, "celery"},
    Named{ProbeProtocol::canary, "canary"},
};

/// What stands before the words of an answer; host byte order, both ends are on one machine.
struct ReplyHead {
  std::uint64_t serial = 0;
  std::uint32_t verdict = 0;
  std::uint32_t length = 0;
};

bool is_verdict(std::uint32_t number) {
  return number >= static_cast<std::uint32_t>(ProbeVerdict::succeeded) &&
         number <= static_cast<std::uint32_t>(ProbeVerdict::unknown);
}

Status read_headers(Fields& fields, std::map<std::string, std::string>& headers) {
  const Json* const value = fields.look("headers");
  if (value == nullptr || !value->is_object()) return Error{"headers are missing, or no object"};
  for (const auto& [name, text] : value->items())
    if (!read(text, headers[name])) return Error{"a header that is no text"};
  return Done{};
}

} // namespace

std::string_view word(ProbeProtocol protocol) {
  for (const Named& named : protocols)
    if (named.protocol == protocol) return named.word;
  return "";
}

std::optional<ProbeProtocol> probe_protocol_of(std::string_view text) {
  for (const Named& named : protocols)
    if (named.word == text) return named.protocol;
  return std::nullopt;
}

std::string encode(const ProbeQuestion& question) {
  return write_json({{"serial", question.serial},
                     {"key", question.key},
                     {"protocol", word(question.protocol)},
                     {"target", question.target},
                     {"timeout_ms", static_cast<std::uint64_t>(question.timeout.count())},
                     {"status", question.status},
                     {"host", question.host},
                     {"headers", Json(question.headers)},
                     {"body", question.body},
                     {"tls_name", question.tls_name},
                     {"tls_ca", question.tls_ca},
                     {"user", question.user},
                     {"secret", question.secret},
                     {"database", question.database},
                     {"query", question.query},
                     {"write", question.write},
                     {"vhost", question.vhost},
                     {"management", question.management},
                     {"queues", question.queues}});
}

Result<ProbeQuestion> decode_probe_question(std::string_view text) {
  auto object = parse_object(text);
  if (!object) return object.error();
  ProbeQuestion question;
  std::string protocol;
  std::uint64_t timeout = 0;
  Fields fields(object.value());
  fields.need("serial", question.serial);
  fields.need("key", question.key);
  fields.need("protocol", protocol);
  fields.need("target", question.target);
  fields.need("timeout_ms", timeout);
  fields.need("status", question.status);
  fields.need("host", question.host);
  if (auto status = read_headers(fields, question.headers); !status) return status.error();
  fields.need("body", question.body);
  fields.need("tls_name", question.tls_name);
  fields.need("tls_ca", question.tls_ca);
  fields.need("user", question.user);
  fields.need("secret", question.secret);
  fields.need("database", question.database);
  fields.need("query", question.query);
  fields.need("write", question.write);
  fields.need("vhost", question.vhost);
  fields.need("management", question.management);
  fields.need("queues", question.queues);
  if (auto status = fields.finish(true); !status) return status.error();
  const auto known = probe_protocol_of(protocol);
  if (!known) return Error{"an unknown protocol of a probe"};
  question.protocol = *known;
  question.timeout = std::chrono::milliseconds(timeout);
  return question;
}

std::string encode(const ProbeReply& reply) {
  const std::string_view said = std::string_view(reply.said).substr(0, longest_probe_words);
  const ReplyHead head{.serial = reply.serial,
                       .verdict = static_cast<std::uint32_t>(reply.verdict),
                       .length = static_cast<std::uint32_t>(said.size())};
  std::string packet(sizeof head, '\0');
  std::memcpy(packet.data(), &head, sizeof head);
  return packet.append(said);
}

Result<ProbeReply> decode_probe_reply(std::string_view packet) {
  ReplyHead head;
  if (packet.size() < sizeof head) return Error{"a packet that is too short"};
  std::memcpy(&head, packet.data(), sizeof head);
  const std::string_view said = packet.substr(sizeof head);
  if (head.length != said.size() || said.size() > longest_probe_words)
    return Error{"words of another length than is said or allowed"};
  if (!is_verdict(head.verdict)) return Error{"an unknown verdict"};
  return ProbeReply{
      .serial = head.serial, .verdict = static_cast<ProbeVerdict>(head.verdict), .said = std::string(said)};
}

} // namespace holdfast::wire
