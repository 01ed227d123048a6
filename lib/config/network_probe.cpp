#include "config/network_probe.h"

#include "base/url.h"
#include "config/keys.h"

#include <algorithm>
#include <array>
#include <string>

namespace holdfast::config {
namespace {

using model::Protocol;

struct Named {
  std::string_view kind;
  Protocol protocol;
};

constexpr std::array kinds = {
    Named{"tcp", Protocol::tcp},
    Named{"http", Protocol::http},
    Named{"postgresql", Protocol::postgresql},
    Named{"redis", Protocol::redis},
    Named{"amqp", Protocol::amqp},
    Named{"opensearch", Protocol::opensearch},
    Named{"uwsgi", Protocol::uwsgi},
    Named{"celery", Protocol::celery},
};

struct Detail {
  std::string_view key;
  std::string_view belongs_to; ///< kinds with blanks between them
};

constexpr std::string_view with_login = "postgresql redis amqp opensearch celery";

constexpr std::array details = {
    Detail{"exit", "exec"},           Detail{"status", "http"},
    Detail{"host", "http"},           Detail{"headers", "http"},
    Detail{"body", "http"},           Detail{"tls", "http opensearch amqp celery"},
    Detail{"user", with_login},       Detail{"secret_file", with_login},
    Detail{"database", "postgresql"}, Detail{"query", "postgresql"},
    Detail{"write", "redis"},         Detail{"vhost", "amqp celery"},
    Detail{"management", "amqp"},     Detail{"queues", "celery"},
};

/// A question of the observer's is one packet.
constexpr std::size_t longest_probe = 16U << 10;

bool has_word(std::string_view words, std::string_view word) {
  const std::string padded = " " + std::string(words) + " ";
  return padded.find(" " + std::string(word) + " ") != std::string::npos;
}

const Detail* find_detail(std::string_view key) {
  const auto found =
      std::find_if(details.begin(), details.end(), [&](const Detail& d) { return d.key == key; });
  return found == details.end() ? nullptr : &*found;
}

std::string listed(std::string_view words) {
  std::string text(words);
  for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(' ', at + 2))
    text.replace(at, 1, ", ");
  return text;
}

/// Of RFC 9110: what can be a header's name.
bool is_token(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::size_t length_of(const Node& node) {
  std::size_t sum = node.text.size();
  for (const NodePtr& item : node.items)
    sum += item->text.size() + 8;
  for (const Entry& entry : node.entries)
    sum += entry.key.size() + 8 + length_of(*entry.value);
  return sum;
}

/// What is said beside one kind.
class Beside {
public:
  Beside(const Node& section, std::string_view kind, const std::string& path, Report& report)
      : section_(section), kind_(kind), path_(path), report_(report) {}

  void all() {
    for (const Entry& entry : section_.entries)
      if (!may_stand_beside(entry.key, kind_))
        tell(entry, {in_quotes(entry.key) + " belongs to " + listed(find_detail(entry.key)->belongs_to), {}});
    if (!protocol_of(kind_)) return;
    lacks();
    headers();
    if (length_of(section_) > longest_probe)
      report_.error(section_.place, path_, {"the probe says more than 16 KiB", {}});
  }

private:
  void tell(const Entry& at, const Flaw& flaw) { report_.error(at.place, below(path_, at.key), flaw); }

  void lacks() {
    const Entry& kind = *section_.find(kind_);
    const Node* queues = section_.value("queues");
    if (kind_ == "celery" && (queues == nullptr || (queues->kind == Kind::list && queues->items.empty())))
      tell(kind, {"\"celery\" needs the queues that it asks for", "write `queues: [celery]`"});
    const Entry* secret = section_.find("secret_file");
    // Redis knows a password without a user.
    if (secret != nullptr && kind_ != "redis" && section_.find("user") == nullptr &&
        may_stand_beside("user", kind_))
      tell(*secret, {"it is not said whose secret this is", "write `user: NAME`"});
  }

  void headers() {
    const Node* headers = section_.value("headers");
    if (headers == nullptr) return;
    for (const Entry& header : headers->entries)
      if (!is_token(header.key) || has_control(header.value->text))
        report_.error(header.place, below(below(path_, "headers"), header.key),
                      {in_quotes(header.key) + " is no header of HTTP, or its value is none", {}});
  }

  const Node& section_;
  std::string_view kind_;
  const std::string& path_;
  Report& report_;
};

bool has_header(const std::map<std::string, std::string>& headers, std::string_view name) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return std::equal(header.first.begin(), header.first.end(), name.begin(), name.end(), same);
  });
}

} // namespace

std::optional<Protocol> protocol_of(std::string_view kind) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const Named& n) { return n.kind == kind; });
  if (found == kinds.end()) return std::nullopt;
  return found->protocol;
}

bool may_stand_beside(std::string_view detail, std::string_view kind) {
  const Detail* known = find_detail(detail);
  return known == nullptr || has_word(known->belongs_to, kind);
}

std::optional<model::NetworkProbe> read_network_probe(const Fields& fields) {
  model::NetworkProbe probe;
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const Named& n) { return fields.node(n.kind) != nullptr; });
  if (kind == kinds.end()) return std::nullopt;
  probe.protocol = kind->protocol;
  fields.text(kind->kind, probe.target);
  fields.integer("status", probe.status);
  fields.text("host", probe.host);
  if (const Node* headers = fields.node("headers"))
    for (const Entry& header : headers->entries)
      probe.headers[header.key] = header.value->text;
  fields.text("body", probe.body);
  fields.section("tls").text("name", probe.tls_name);
  fields.section("tls").text("ca", probe.tls_ca);
  fields.text("user", probe.user);
  fields.text("secret_file", probe.secret_file);
  fields.text("database", probe.database);
  fields.text("query", probe.query);
  fields.boolean("write", probe.write);
  fields.text("vhost", probe.vhost);
  fields.text("management", probe.management);
  probe.queues = fields.texts("queues");
  return probe;
}

void check_network_probe(const Node& section, const std::string& path, Report& report) {
  // Of several kinds none is the right one: that has been told.
  std::string_view kind;
  for (const Entry& entry : section.entries)
    if (std::find(probe_kinds.begin(), probe_kinds.end(), entry.key) != probe_kinds.end()) {
      if (!kind.empty()) return;
      kind = entry.key;
    }
  if (!kind.empty()) Beside(section, kind, path, report).all();
}

void fill_in_site(model::NetworkProbe& probe, const std::string& site) {
  if (probe.protocol != Protocol::http && probe.protocol != Protocol::canary) return;
  const auto target = url_of(probe.target);
  const auto visited = url_of(site.empty() ? probe.target : site);
  // What is no URL has been told.
  if (!target || !visited) return;
  if (!site.empty() && probe.host.empty()) {
    probe.host = visited.value().authority();
    if (target.value().is_tls && probe.tls_name.empty()) probe.tls_name = visited.value().host;
  }
  const bool says = !site.empty() || target.value().is_tls;
  if (says && !has_header(probe.headers, "X-Forwarded-Proto"))
    probe.headers["X-Forwarded-Proto"] = visited.value().is_tls ? "https" : "http";
}

} // namespace holdfast::config
