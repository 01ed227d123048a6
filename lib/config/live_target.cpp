#include "config/semantics.h"

#include "base/url.h"
#include "config/check.h"
#include "config/network_probe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace holdfast::config {
namespace {

/// Options before a port, as the clients of the usual servers write them: psql, redis-cli, epmd, curl.
constexpr std::array port_options = {"-p", "-P", "-port", "--port"};
constexpr std::array host_options = {"-h", "-host", "--host"};

template <std::size_t N>
bool is_one_of(const std::string& word, const std::array<const char*, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_port(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 && number < 65536;
}

bool is_here(const std::string& host) {
  return host.empty() || host == "localhost" || host == "::1" || host.starts_with("127.") ||
         host.starts_with('/');
}

/// What a word of a program tells of whom the program asks.
struct Mention {
  std::string host; ///< empty: it does not say
  std::string port;
  std::size_t word = 0;
};

/// HOST:PORT, and that of SCHEME://HOST:PORT/…
std::optional<Mention> address_in(std::string_view word) {
  if (const auto scheme = word.find("://"); scheme != std::string_view::npos) word.remove_prefix(scheme + 3);
  if (word.starts_with('/')) return std::nullopt;
  word = word.substr(0, word.find('/'));
  if (const auto login = word.rfind('@'); login != std::string_view::npos) word.remove_prefix(login + 1);
  const auto colon = word.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(word.substr(colon + 1))) return std::nullopt;
  std::string host(word.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Mention{.host = std::move(host), .port = std::string(word.substr(colon + 1))};
}

/// Behind an option of its own, or in one word: --port=5432.
std::optional<std::string> port_at(const std::vector<std::string>& words, std::size_t at) {
  if (at > 0 && is_one_of(words[at - 1], port_options) && is_port(words[at])) return words[at];
  constexpr std::string_view joined = "--port=";
  if (words[at].starts_with(joined) && is_port(words[at].substr(joined.size())))
    return words[at].substr(joined.size());
  return std::nullopt;
}

std::string host_option(const std::vector<std::string>& words) {
  for (std::size_t i = 1; i < words.size(); ++i)
    if (is_one_of(words[i - 1], host_options)) return words[i];
  return {};
}

std::vector<Mention> mentions(const std::vector<std::string>& words) {
  std::vector<Mention> all;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (auto address = address_in(words[i])) {
      address->word = i;
      all.push_back(std::move(*address));
    } else if (auto port = port_at(words, i)) {
      all.push_back({.host = host_option(words), .port = std::move(*port), .word = i});
    }
  }
  return all;
}

std::vector<std::string> probe_words(const Node& service, std::string_view probe) {
  const Node* section = service.value(probe);
  const Node* exec = section == nullptr ? nullptr : section->value("exec");
  return exec == nullptr ? std::vector<std::string>{} : words_of(*exec);
}

/// Whom a network probe asks.
struct Target {
  const Entry* entry = nullptr; ///< of the key that names it
  std::string path;             ///< of a socket; empty: `at`
  Mention at;
};

/// Nothing for one of Celery: it asks the broker, and what it hears is about the worker.
std::optional<Target> network_target(const Node& service, std::string_view probe) {
  const Node* section = service.value(probe);
  if (section == nullptr) return std::nullopt;
  for (const Entry& entry : section->entries) {
    const auto protocol = protocol_of(entry.key);
    if (!protocol || protocol == model::Protocol::celery || entry.value->kind != Kind::scalar) continue;
    const std::string& text = entry.value->text;
    Target target{.entry = &entry, .path = {}, .at = {}};
    constexpr std::string_view socket = "unix:";
    if (text.starts_with(socket)) {
      target.path = text.substr(socket.size());
    } else if (const auto url = url_of(text)) {
      target.at = {.host = url.value().host, .port = std::to_string(url.value().port)};
    } else if (auto address = address_in(text)) {
      target.at = std::move(*address);
    } else {
      return std::nullopt;
    }
    return target;
  }
  return std::nullopt;
}

bool is_same(const Target& a, const Target& b) {
  const bool same_host = a.at.host == b.at.host || (is_here(a.at.host) && is_here(b.at.host));
  return a.path == b.path && (!a.path.empty() || (same_host && a.at.port == b.at.port));
}

/// Whether it says under `listens` or `sockets` that it is there.
bool listens_at(const Entry& service, const Target& target) {
  const auto all = listenings(service);
  return std::any_of(all.begin(), all.end(), [&](const Listening& one) {
    if (!target.path.empty()) return one.address->text == "unix:" + target.path;
    const auto address = address_in(one.address->text);
    const bool any_host = address && (address->host == "0.0.0.0" || address->host == "::");
    return address && address->port == target.at.port && is_here(target.at.host) &&
           (any_host || is_here(address->host));
  });
}

class LiveTargets {
public:
  LiveTargets(const Expanded& expanded, const std::vector<Entry>& services, Report& report)
      : expanded_(expanded), services_(services), report_(report) {}

  void look_at(const Entry& service) {
    look_at_network(service);
    const std::vector<std::string> words = probe_words(*service.value, "live");
    if (words.empty() || same_program(service, words)) return;
    for (const Mention& mention : mentions(words)) {
      if (has_port(service.key, mention)) continue;
      for (const Entry& other : services_)
        if (other.key != service.key && belongs(mention, other))
          return refuse(service, other.key, mention.word);
    }
  }

private:
  void look_at_network(const Entry& service) {
    const auto target = network_target(*service.value, "live");
    if (!target || is_at(service, *target)) return;
    for (const Entry& other : services_)
      if (other.key != service.key && is_at(other, *target))
        return refuse(service.key, other.key, target->entry->value->place, target->entry->key);
  }

  /// As far as the configuration says where it is.
  bool is_at(const Entry& service, const Target& target) const {
    const auto ready = network_target(*service.value, "ready");
    if (ready && is_same(*ready, target)) return true;
    if (listens_at(service, target)) return true;
    return target.path.empty() && belongs(target.at, service);
  }

  /// The program by which another service shows that it is ready.
  bool same_program(const Entry& service, const std::vector<std::string>& words) {
    if (probe_words(*service.value, "ready") == words) return false;
    for (const Entry& other : services_) {
      if (other.key == service.key || probe_words(*other.value, "ready") != words) continue;
      refuse(service, other.key, 0);
      return true;
    }
    return false;
  }

  bool belongs(const Mention& mention, const Entry& other) const {
    if (const Node* external = other.value->value("external"))
      return !mention.host.empty() && external->text == mention.host + ":" + mention.port;
    return is_here(mention.host) && has_port(other.key, mention);
  }

  /// Whether the parameters of its preset give it this port.
  bool has_port(const std::string& service, const Mention& mention) const {
    const auto parameters = expanded_.parameters.find(service);
    if (parameters == expanded_.parameters.end()) return false;
    return std::any_of(parameters->second.begin(), parameters->second.end(), [&](const auto& parameter) {
      return parameter.first == "port" && parameter.second == mention.port;
    });
  }

  void refuse(const Entry& service, const std::string& other, std::size_t word) {
    const Node& exec = *service.value->value("live")->value("exec");
    const Place& place = word < exec.items.size() ? exec.items[word]->place : exec.place;
    refuse(service.key, other, place, "exec");
  }

  void refuse(const std::string& service, const std::string& other, const Place& place,
              std::string_view key) {
    report_.error(place, below(below(below("services", service), "live"), key),
                  {"this asks " + in_quotes(other) + ": what happens to " + in_quotes(service) +
                       " must depend on its own answer",
                   "ask " + in_quotes(service) + " itself; that it needs the other is said under `needs`"});
  }

  const Expanded& expanded_;
  const std::vector<Entry>& services_;
  Report& report_;
};

} // namespace

void check_live_targets(const Expanded& expanded, Report& report) {
  const Node* services = expanded.tree->value("services");
  if (services == nullptr) return;
  LiveTargets targets(expanded, services->entries, report);
  for (const Entry& service : services->entries)
    targets.look_at(service);
}

} // namespace holdfast::config
