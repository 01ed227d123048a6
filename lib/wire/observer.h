#pragma once
// Between the engine and the observer: packets over a SOCK_SEQPACKET pair. The engine asks with one JSON
// object a packet; the observer, which parses what network peers say and is believed in nothing else, answers
// with a record of fixed form and a few words behind it, so that there is next to nothing to parse.

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::wire {

/// The observer finds its end of the pair here: its standard input.
constexpr int observer_socket_fd = 0;

enum class ProbeProtocol : std::uint8_t {
  tcp,
  http,
  postgresql,
  redis,
  amqp,
  opensearch,
  uwsgi,
  celery,
  canary
};
[[nodiscard]] std::string_view word(ProbeProtocol protocol);
[[nodiscard]] std::optional<ProbeProtocol> probe_protocol_of(std::string_view word);

/// That RE2 may take for ProbeQuestion::body: what needs more is no expression for a probe.
constexpr std::int64_t most_memory_of_expression = 1 << 20;

/// One look at one network peer, with all that it needs: the observer remembers nothing that it could not do
/// without. Defaults are those of the configuration.
struct ProbeQuestion {
  std::uint64_t serial = 0; ///< never used again
  std::string key{};        ///< whose probe it is, the same each time: what it may be remembered by
  ProbeProtocol protocol = ProbeProtocol::tcp;
  std::string target{}; ///< HOST:PORT, unix:/path, or a URL
  std::chrono::milliseconds timeout{3000};
  int status = 200;                             ///< http
  std::string host{};                           ///< http, canary: the Host that is sent; empty: the target's
  std::map<std::string, std::string> headers{}; ///< http, canary
  std::string body{};                           ///< http: a regular expression found in the body; empty: any
  std::string tls_name{};            ///< name that the certificate must carry; empty: the target's host
  std::string tls_ca{};              ///< file it is verified with; empty: the system's
  std::string user{};                ///< postgresql, redis, amqp, opensearch, celery; empty: no login
  std::string secret{};              ///< the password, or the canary's token
  std::string database{};            ///< postgresql
  std::string query{};               ///< postgresql: must succeed; empty: none
  bool write = false;                ///< redis
  std::string vhost = "/";           ///< amqp, celery
  std::string management{};          ///< amqp: URL of the management API, asked for alarms; empty: not asked
  std::vector<std::string> queues{}; ///< celery
  bool operator==(const ProbeQuestion&) const = default;
};

enum class ProbeVerdict : std::uint8_t {
  succeeded = 1,
  failed,
  starting, ///< it says itself that it is not ready yet: recovery, loading
  unknown   ///< for a reason of ours
};

struct ProbeReply {
  std::uint64_t serial = 0;
  ProbeVerdict verdict = ProbeVerdict::unknown;
  std::string said{}; ///< words for people; longer ones are cut
  bool operator==(const ProbeReply&) const = default;
};

/// Bytes of a packet of either kind.
constexpr std::size_t longest_probe_question = 64U << 10;
constexpr std::size_t longest_probe_words = 400;

[[nodiscard]] std::string encode(const ProbeQuestion& question);
/// Refused: an unknown key, one that is missing, a wrong type, an unknown protocol.
[[nodiscard]] Result<ProbeQuestion> decode_probe_question(std::string_view text);

/// Bytes in `said` that are no printable ASCII or whole UTF-8 become harmless at the reader, not here.
[[nodiscard]] std::string encode(const ProbeReply& reply);
/// Refused: any other size than it says, an unknown verdict, words that are too long.
[[nodiscard]] Result<ProbeReply> decode_probe_reply(std::string_view packet);

} // namespace holdfast::wire
