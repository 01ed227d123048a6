#include "observer/look.h"

#include "support/deadline.h"

#include <optional>
#include <stdexcept>

namespace holdfast::observer {

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  constexpr const char* verdicts[] = {"?", "succeeded", "failed", "starting", "unknown"};
  return out << verdicts[static_cast<std::size_t>(answer.verdict)] << ": " << answer.said;
}

} // namespace holdfast::observer

namespace holdfast::test {
namespace {

constexpr auto longest_look = 30s;

} // namespace

observer::Answer look(observer::Begin begin, const wire::ProbeQuestion& question) {
  boost::asio::io_context loop;
  std::optional<observer::Answer> answer;
  const auto probe = begin(loop, question, [&](observer::Answer given) {
    if (answer) throw std::logic_error("a second answer: " + given.said);
    answer = std::move(given);
  });
  if (answer) throw std::logic_error("an answer from within begin");
  const Deadline deadline(longest_look);
  while (!answer && !deadline.passed())
    loop.run_one_for(deadline.left());
  if (!answer) throw std::runtime_error("no answer, waits for " + probe->waits_for());
  return *answer;
}

void look_until_it_waits_for(observer::Begin begin, const wire::ProbeQuestion& question,
                             const std::string& words) {
  boost::asio::io_context loop;
  const auto probe = begin(loop, question, [](observer::Answer given) {
    throw std::logic_error("an answer that nobody gave: " + given.said);
  });
  const Deadline deadline(longest_look);
  while (probe->waits_for() != words) {
    if (deadline.passed() || loop.stopped())
      throw std::runtime_error("it waits for " + probe->waits_for() + ", not for " + words);
    loop.run_one_for(deadline.left());
  }
}

} // namespace holdfast::test
