#include "support/events.h"

#include "support/binaries.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace holdfast::test {
namespace {

std::string text(const nlohmann::json& object, const char* key) {
  const auto& value = object.at(key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

StackEvent parse(const std::string& line) {
  try {
    const auto object = nlohmann::json::parse(line);
    return {.service = text(object, "service"),
            .run = object.at("run").is_null() ? 0 : object.at("run").get<std::uint64_t>(),
            .from = text(object, "from"),
            .to = text(object, "to"),
            .why = text(object, "why"),
            .raw = object};
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error("not an event: " + line + " (" + error.what() + ")");
  }
}

} // namespace

Events::Events(const std::string& config, int errors) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  pipe_ = Fd(ends[0]);
  const Fd theirs(ends[1]);
  follower_ = std::make_unique<Child>(
      Words{binaries() + "/holdfast", "events", "-f", "--json", "--config", config}, theirs.get(), errors);
}

Events::Read Events::read(const Deadline& deadline) {
  pollfd readable{.fd = pipe_.get(), .events = POLLIN, .revents = 0};
  const int n = ::poll(&readable, 1, static_cast<int>(deadline.left().count()));
  if (n == 0 || (n < 0 && errno == EINTR)) return Read::nothing;
  std::array<char, 8192> buffer{};
  const ssize_t got = ::read(pipe_.get(), buffer.data(), buffer.size());
  if (got <= 0) return Read::end;
  rest_.append(buffer.data(), static_cast<std::size_t>(got));
  for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1))
    all_.push_back(parse(rest_.substr(0, end)));
  return Read::more;
}

StackEvent Events::wait_for(const std::string& service, const std::string& to, Milliseconds within) {
  const Deadline deadline(within);
  for (std::size_t at = looked_at_[service];; ++at) {
    while (at == all_.size())
      if (read(deadline) == Read::end || (at == all_.size() && deadline.passed()))
        throw std::runtime_error((service.empty() ? "verdict" : service) + " did not get to " + to +
                                 " in time; what happened:\n" + words());
    if (all_[at].service != service || all_[at].to != to) continue;
    looked_at_[service] = at + 1;
    return all_[at];
  }
}

std::vector<StackEvent> Events::during(const std::string& service, Milliseconds time) {
  const Deadline deadline(time);
  while (!deadline.passed() && read(deadline) != Read::end) {
  }
  std::vector<StackEvent> found;
  for (std::size_t at = looked_at_[service]; at < all_.size(); ++at)
    if (all_[at].service == service) found.push_back(all_[at]);
  return found;
}

bool Events::read_available() {
  Read found = Read::more;
  while (found == Read::more)
    found = read(Deadline(0ms));
  return found != Read::end;
}

std::size_t Events::place_of(const std::string& service, const std::string& to) const {
  for (std::size_t at = 0; at < all_.size(); ++at)
    if (all_[at].service == service && all_[at].to == to) return at;
  throw std::runtime_error(service + " was never " + to + "; what happened:\n" + words());
}

std::string Events::words() const {
  std::string lines;
  for (const auto& event : all_)
    lines += event.raw.dump() + "\n";
  return lines;
}

void Events::read_to_end(Milliseconds within) {
  const Deadline deadline(within);
  while (read(deadline) != Read::end)
    if (deadline.passed()) throw std::runtime_error("the stream of events does not end");
}

} // namespace holdfast::test
