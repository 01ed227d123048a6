#include "observer/redis.h"

#include "observer/dialogue.h"
#include "observer/secrets.h"

#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::observer {
namespace {

using wire::ProbeVerdict;

constexpr std::size_t most_heard = 16U << 10;
constexpr std::string_view line_end = "\r\n";

using Command = std::vector<std::string>;

/// An array of bulk strings: no byte in a word has a meaning.
std::string encoded(const Command& command) {
  std::string bytes = '*' + std::to_string(command.size()) + "\r\n";
  for (const std::string& word : command)
    bytes += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

/// What is said to it, in this order; each must be answered well before the next is said.
std::vector<Command> commands_of(const wire::ProbeQuestion& question) {
  std::vector<Command> commands;
  if (!question.user.empty())
    commands.push_back({"AUTH", question.user, question.secret});
  else if (!question.secret.empty())
    commands.push_back({"AUTH", question.secret});
  commands.push_back({"PING"});
  if (question.write) commands.push_back({"SET", "holdfast:probe", "1", "EX", "60"});
  return commands;
}

Answer refused(std::string_view words, bool must_write) {
  const auto verdict = [&] {
    if (words.starts_with("LOADING ")) return ProbeVerdict::starting;
    if (words.starts_with("NOAUTH ") && !must_write) return ProbeVerdict::succeeded;
    if (words == "ERR max number of clients reached") return ProbeVerdict::succeeded;
    return ProbeVerdict::failed;
  };
  return {verdict(), words.starts_with("NOAUTH ") ? "asks for a password" : std::string(words)};
}

class Redis : public Probe, public Dialogue::Listener {
public:
  Redis(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : question_(question), secrets_(question), commands_(commands_of(question)),
        answered_(std::move(answered)), dialogue_(std::in_place, loop, question.target, most_heard, *this) {}

  [[nodiscard]] std::string waits_for() const override {
    return dialogue_ ? dialogue_->waits_for() : "nothing";
  }

private:
  void connected() override { say_next(); }

  void say_next() { dialogue_->say(encoded(commands_[next_])); }

  void hear(std::string& heard) override {
    while (!heard.empty()) {
      // A stranger need not end its lines.
      if (heard.front() != '+' && heard.front() != '-')
        return tell({ProbeVerdict::failed, "is no Redis: it says " + secrets_.quoted(heard)});
      const auto end = heard.find(line_end);
      if (end == std::string::npos) return;
      const std::string line = heard.substr(0, end);
      heard.erase(0, end + line_end.size());
      if (const auto answer = answer_after(line)) return tell(*answer);
    }
  }

  /// Nothing while there is more to be said.
  std::optional<Answer> answer_after(std::string_view line) {
    if (line.front() == '-') return refused(line.substr(1), question_.write);
    const std::string& command = commands_[next_].front();
    if (line != (command == "PING" ? "+PONG" : "+OK"))
      return Answer{ProbeVerdict::failed, "answers " + command + " with " + secrets_.quoted(line)};
    if (++next_ == commands_.size())
      return Answer{ProbeVerdict::succeeded, question_.write ? "PONG, and takes writes" : "PONG"};
    say_next();
    return std::nullopt;
  }

  void over(const Answer& answer) override { tell(answer); }

  [[nodiscard]] std::string awaited() const override { return "the answer to " + commands_[next_].front(); }

  void tell(Answer answer) {
    dialogue_.reset();
    answer.said = secrets_.masked(std::move(answer.said));
    std::exchange(answered_, nullptr)(std::move(answer));
  }

  wire::ProbeQuestion question_;
  Secrets secrets_;
  std::vector<Command> commands_;
  std::size_t next_ = 0; ///< the command that was said and is not answered
  Answered answered_;
  std::optional<Dialogue> dialogue_; ///< the last member: it calls this
};

} // namespace

std::unique_ptr<Probe> begin_redis(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                   Answered answered) {
  return std::make_unique<Redis>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
