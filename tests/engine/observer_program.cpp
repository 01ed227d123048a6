// An observer that plays what it is told to. The target of a question, unix:PATH, names a file whose first
// word says what becomes of it; anything else is answered with "succeeded".
// clang-format off
//   succeeded WORDS, failed WORDS, starting WORDS, unknown WORDS
//   silent     no answer
//   hold       no answer now
//   held N     says whether so many are held for longer than a second
//   release    answers all that are held
//   twice      the same answer twice
//   liar       answers without end to questions that nobody asked
//   garbage    a packet that is none
//   die        exit 3
//   last-words writes more than 4 KiB to standard error, the last line without its end, and exits
//   hang       stands still
//   babble     writes without end to standard error
//   secret     answers with the secret's length
// clang-format on

#include "wire/observer.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace holdfast;

namespace {

void send(const std::string& packet) {
  if (::send(wire::observer_socket_fd, packet.data(), packet.size(), MSG_NOSIGNAL) < 0) std::_Exit(0);
}

void answer(const wire::ProbeQuestion& question, wire::ProbeVerdict verdict, const std::string& said) {
  send(wire::encode(wire::ProbeReply{.serial = question.serial, .verdict = verdict, .said = said}));
}

[[noreturn]] void lie() {
  for (std::uint64_t serial = 1'000'000;; ++serial)
    send(wire::encode(
        wire::ProbeReply{.serial = serial, .verdict = wire::ProbeVerdict::succeeded, .said = "yes"}));
}

struct Held {
  wire::ProbeQuestion question;
  std::chrono::steady_clock::time_point since;
};
std::vector<Held> all_held;

bool are_long_held(std::ptrdiff_t enough) {
  const auto before = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  return std::count_if(all_held.begin(), all_held.end(),
                       [before](const Held& held) { return held.since < before; }) >= enough;
}

void release() {
  for (const Held& held : all_held)
    answer(held.question, wire::ProbeVerdict::failed, "so late");
  all_held.clear();
}

[[noreturn]] void say_last_words() {
  const std::string line(98, '-');
  for (int i = 0; i < 90; ++i)
    std::fprintf(stderr, "%s\n", line.c_str());
  std::fputs("the last of its words", stderr);
  std::_Exit(3);
}

[[noreturn]] void babble() {
  for (;;)
    std::fputs("so much to say\n", stderr);
}

void play(const wire::ProbeQuestion& question) {
  using enum wire::ProbeVerdict;
  std::string word = "succeeded";
  std::string words;
  if (question.target.starts_with("unix:")) {
    std::ifstream file(question.target.substr(5));
    file >> word;
    std::getline(file >> std::ws, words);
  }
  if (word == "silent") return;
  if (word == "hold") return all_held.push_back({question, std::chrono::steady_clock::now()});
  if (word == "held") words = are_long_held(std::stoi(words)) ? "enough are held" : "too few are held";
  if (word == "release") release();
  if (word == "last-words") say_last_words();
  if (word == "liar") lie();
  if (word == "babble") babble();
  if (word == "garbage") return send("x");
  if (word == "die") std::_Exit(3);
  if (word == "hang") ::raise(SIGSTOP);
  if (word == "twice") answer(question, succeeded, words);
  if (word == "secret") words = std::to_string(question.secret.size()) + " bytes of secret";
  answer(question,
         word == "failed"     ? failed
         : word == "starting" ? starting
         : word == "unknown"  ? unknown
                              : succeeded,
         words);
}

} // namespace

int main() {
  std::fputs("scripted observer\n", stderr);
  std::string packet(wire::longest_probe_question, '\0');
  for (;;) {
    const ssize_t n = ::recv(wire::observer_socket_fd, packet.data(), packet.size(), 0);
    if (n <= 0) return 0;
    const auto question =
        wire::decode_probe_question(std::string_view(packet).substr(0, static_cast<std::size_t>(n)));
    if (!question) return 1;
    play(question.value());
  }
}
