#include "engine/observed_probes.h"

#include <algorithm>
#include <utility>

namespace holdfast::engine {
namespace {

wire::ProbeProtocol protocol_of(model::Protocol protocol) {
  switch (protocol) {
  case model::Protocol::tcp: return wire::ProbeProtocol::tcp;
  case model::Protocol::http: return wire::ProbeProtocol::http;
  case model::Protocol::postgresql: return wire::ProbeProtocol::postgresql;
  case model::Protocol::redis: return wire::ProbeProtocol::redis;
  case model::Protocol::amqp: return wire::ProbeProtocol::amqp;
  case model::Protocol::opensearch: return wire::ProbeProtocol::opensearch;
  case model::Protocol::uwsgi: return wire::ProbeProtocol::uwsgi;
  case model::Protocol::celery: return wire::ProbeProtocol::celery;
  case model::Protocol::canary: return wire::ProbeProtocol::canary;
  }
  return wire::ProbeProtocol::tcp;
}

std::string_view word(model::ProbeRole role) {
  switch (role) {
  case model::ProbeRole::ready: return "ready";
  case model::ProbeRole::progress: return "progress";
  case model::ProbeRole::live: return "live";
  }
  return "";
}

bool is_observed(const model::Probe& probe) {
  return probe.kind == model::ProbeKind::observed;
}

bool has_observed(const model::ServiceSpec& service) {
  return is_observed(service.ready) || (service.progress && is_observed(*service.progress)) ||
         (service.live && is_observed(service.live->probe));
}

} // namespace

wire::ProbeQuestion question_of(const model::Probe& probe, std::string key) {
  const model::NetworkProbe& network = probe.network;
  wire::ProbeQuestion question;
  question.key = std::move(key);
  question.protocol = protocol_of(network.protocol);
  question.target = network.target;
  question.timeout = std::chrono::ceil<std::chrono::milliseconds>(probe.timeout);
  question.status = static_cast<int>(network.status);
  question.host = network.host;
  question.headers = network.headers;
  question.body = network.body;
  question.tls_name = network.tls_name;
  question.tls_ca = network.tls_ca;
  question.user = network.user;
  question.database = network.database;
  question.query = network.query;
  question.write = network.write;
  question.vhost = network.vhost;
  question.management = network.management;
  question.queues = network.queues;
  return question;
}

ObservedProbes::ObservedProbes(Observer& observer, const model::Stack& stack, Happened happened)
    : observer_(observer), stack_(stack), happened_(std::move(happened)) {}

bool ObservedProbes::are_in(const model::StackSpec& spec) {
  return std::any_of(spec.services.begin(), spec.services.end(), [](const model::ServiceSpec& service) {
    return !service.removed && has_observed(service);
  });
}

void ObservedProbes::probe(const model::AskProbe& question) {
  const model::ServiceSpec& spec = stack_.spec(question.service);
  const model::Probe& probe = probe_of(spec, question.role);
  observer_.ask(question_of(probe, spec.name + " " + std::string(word(question.role))),
                probe.network.secret_file, [this, question](model::ProbeOutcome outcome, std::string said) {
                  happened_(model::ProbeAnswered{question.service, question.run, question.role,
                                                 question.question, outcome, std::move(said)});
                });
}

} // namespace holdfast::engine
