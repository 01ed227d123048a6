#include "observer/libpq_words.h"

#include "observer/connect.h"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <optional>
#include <system_error>

namespace holdfast::observer {
namespace {

constexpr std::size_t sqlstate_size = 5;
constexpr std::string_view before_sqlstate = ":  ";
constexpr std::string_view before_words = ": ";
constexpr std::string_view before_reason = " failed: ";

bool is_sqlstate(std::string_view text) {
  return text.size() == sqlstate_size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

/// "… FATAL:  57P03: the database system is starting up". The word for the severity is in the server's
/// language.
std::optional<Refusal> said_by_server(std::string_view line) {
  for (auto at = line.find(before_sqlstate); at != std::string_view::npos;
       at = line.find(before_sqlstate, at + 1)) {
    const std::string_view rest = line.substr(at + before_sqlstate.size());
    const std::string_view sqlstate = rest.substr(0, sqlstate_size);
    if (is_sqlstate(sqlstate) && rest.substr(sqlstate_size).starts_with(before_words))
      return Refusal{std::string(sqlstate), std::string(rest.substr(sqlstate_size + before_words.size()))};
  }
  return std::nullopt;
}

std::string reason_in(std::string_view line) {
  const auto at = line.find(before_reason);
  return std::string(at == std::string_view::npos ? line : line.substr(at + before_reason.size()));
}

} // namespace

Refusal refusal_in(std::string_view error) {
  Refusal last;
  while (!error.empty()) {
    const auto end = std::min(error.find('\n'), error.size());
    const std::string_view line = error.substr(0, end);
    error.remove_prefix(std::min(end + 1, error.size()));
    if (auto said = said_by_server(line)) {
      last = std::move(*said);
      continue;
    }
    // Lines of advice begin with a tab; LOCATION and DETAIL belong to what the server said before. An attempt
    // that is under way has no reason yet.
    const std::string reason = reason_in(line);
    const bool is_of_an_attempt = reason.size() < line.size();
    const bool is_the_first = last.words.empty() && !line.starts_with('\t');
    if (!reason.empty() && (is_of_an_attempt || is_the_first)) last = {"", reason};
  }
  return last;
}

Answer without_server(const Refusal& refusal, const std::string& target) {
  // The errors that connect(2) and socket(2) have.
  for (const int code :
       {ECONNREFUSED, ENOENT, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, ECONNABORTED, EPIPE, EACCES,
        EPERM, EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EADDRNOTAVAIL, EAFNOSUPPORT})
    if (refusal.words.ends_with(std::generic_category().message(code)))
      return unreachable(system_error(target, code));
  return {wire::ProbeVerdict::failed, refusal.words};
}

} // namespace holdfast::observer
