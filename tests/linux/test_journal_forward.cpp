#include "linux/journal_forward.h"
#include "linux/log_capture.h"
#include "linux/socket_path.h"
#include "logs.h"
#include "support/catch.h"
#include "support/deadline.h"
#include "support/scratch.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr MonoTime noon{12h};
constexpr LogPipeId first_pipe{.id = 1, .inode = 1};
constexpr LogPipeId second_pipe{.id = 2, .inode = 2};

using Messages = std::vector<std::string>;
using FieldsOfEntry = std::map<std::string, std::string>;

/// A journal that takes what it is asked to.
class Journal {
public:
  Journal() { listen(); }

  void listen() {
    socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = unix_address(path());
    REQUIRE(address);
    std::filesystem::remove(path());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address.value()), sizeof(sockaddr_un)) ==
            0);
  }
  void die() { socket_.reset(); }
  [[nodiscard]] std::string path() const { return scratch_ / "journal"; }

  /// The next entry; none where none is there.
  std::optional<FieldsOfEntry> next() {
    std::string bytes(1U << 20U, '\0');
    const ssize_t n = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (n < 0) return std::nullopt;
    std::string_view rest(bytes.data(), static_cast<std::size_t>(n));
    FieldsOfEntry fields;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      REQUIRE(line.size() < rest.size());
      const std::size_t equals = line.find('=');
      REQUIRE(equals != std::string_view::npos);
      fields.emplace(line.substr(0, equals), line.substr(equals + 1));
      rest.remove_prefix(line.size() + 1);
    }
    return fields;
  }
  /// Those of all entries that are there.
  Messages messages() {
    Messages all;
    while (const auto entry = next())
      all.push_back(entry->at("MESSAGE"));
    return all;
  }

private:
  Scratch scratch_;
  Fd socket_;
};

struct Forwarding {
  Journal journal;
  Messages troubles;
  JournalForward forward{{.stack = "repository",
                          .socket = journal.path(),
                          .trouble = [this](std::string what) { troubles.push_back(std::move(what)); }}};
};

} // namespace

TEST_CASE("journal forward: each line is an entry with its fields") {
  Forwarding it;
  it.forward.take("redis", first_pipe, std::string_view("one\n\ntwo=\0\xff\n", 12), noon);
  CHECK(it.journal.next() == FieldsOfEntry{{"PRIORITY", "6"},
                                           {"SYSLOG_FACILITY", "3"},
                                           {"SYSLOG_IDENTIFIER", "redis"},
                                           {"HOLDFAST_STACK", "repository"},
                                           {"HOLDFAST_SERVICE", "redis"},
                                           {"MESSAGE", "one"}});
  CHECK(it.journal.messages() == Messages{"", std::string("two=\0\xff", 6)});
  CHECK(it.troubles.empty());
}

TEST_CASE("journal forward: a line that comes in pieces is one entry") {
  Forwarding it;
  it.forward.take("redis", first_pipe, "be", noon);
  it.forward.take("redis", second_pipe, "other\nhal", noon);
  CHECK(it.journal.messages() == Messages{"other"});
  it.forward.take("redis", first_pipe, "gun\nnext\nlast", noon);
  CHECK(it.journal.messages() == Messages{"begun", "next"});
  it.forward.ended("redis", second_pipe, noon);
  it.forward.ended("redis", first_pipe, noon);
  it.forward.ended("redis", first_pipe, noon);
  CHECK(it.journal.messages() == Messages{"hal", "last"});
}

TEST_CASE("journal forward: of a long line there is the beginning") {
  Forwarding it;
  const std::string exact(JournalForward::longest_message, 'x');
  it.forward.take("redis", first_pipe, exact + "\n" + exact + "y\n", noon);
  for (int i = 0; i < 100; ++i)
    it.forward.take("redis", first_pipe, std::string(10'000, 'z'), noon);
  it.forward.take("redis", first_pipe, "\nafter\n", noon);
  auto entry = it.journal.next();
  REQUIRE(entry);
  CHECK(entry->at("MESSAGE") == exact);
  CHECK_FALSE(entry->contains("HOLDFAST_CUT"));
  entry = it.journal.next();
  REQUIRE(entry);
  CHECK(entry->at("MESSAGE") == exact);
  CHECK(entry->at("HOLDFAST_CUT") == "1");
  entry = it.journal.next();
  REQUIRE(entry);
  CHECK(entry->at("MESSAGE") == std::string(JournalForward::longest_message, 'z'));
  CHECK(entry->at("HOLDFAST_CUT") == "1");
  CHECK(it.journal.messages() == Messages{"after"});
}

TEST_CASE("journal forward: what a full queue does not take is counted and told on both sides") {
  Forwarding it;
  std::string lines;
  constexpr std::size_t count = 10'000;
  for (std::size_t i = 0; i < count; ++i)
    lines += std::to_string(i) + "\n";
  it.forward.take("redis", first_pipe, lines, noon);
  it.forward.take("redis", first_pipe, "lost too\n", noon + 1s);
  const std::size_t taken = it.journal.messages().size();
  REQUIRE(taken > 0);
  REQUIRE(taken < count);
  REQUIRE(it.troubles.size() == 1);
  CHECK(it.troubles[0] == "redis.log: " + std::to_string(count - taken) +
                              " lines not forwarded to the journal (Resource temporarily unavailable); the "
                              "file has them");
  it.forward.take("redis", first_pipe, "after\n", noon + 2s);
  CHECK(it.journal.messages() ==
        Messages{"holdfast: " + std::to_string(count + 1 - taken) +
                     " lines before this one did not come into the journal; they are in "
                     "redis.log",
                 "after"});
  it.forward.take("redis", first_pipe, "more\n", noon + 3s);
  CHECK(it.journal.messages() == Messages{"more"});
}

TEST_CASE("journal forward: one that is not there is told and found again when it is") {
  Forwarding it;
  it.forward.take("redis", first_pipe, "before\n", noon);
  CHECK(it.journal.messages() == Messages{"before"});
  it.journal.die();
  it.forward.take("redis", first_pipe, "lost\n", noon + 1s);
  REQUIRE(it.troubles.size() == 1);
  CHECK(it.troubles[0] ==
        "redis.log: 1 line not forwarded to the journal (Connection refused); the file has them");
  it.journal.listen();
  it.forward.take("redis", first_pipe, "after\n", noon + 5s);
  CHECK(it.journal.messages() ==
        Messages{"holdfast: 1 line before this one did not come into the journal; it is in redis.log",
                 "after"});
}

TEST_CASE("log capture: lines go to the journal as well where they are to") {
  const bool timestamps = GENERATE(true, false);
  const Logs logs;
  Journal journal;
  LogCapture capture({.directory_fd = logs.directory.get(),
                      .rules = {.rotation = {.size = 1U << 30U}, .to_journal = true},
                      .trouble = [](const std::string&) {},
                      .hold = make_hold(),
                      .closed = {},
                      .stack = "repository",
                      .journal = journal.path()});
  auto pipe = LogPipe::make();
  REQUIRE(pipe);
  REQUIRE(capture.add({.service = "redis", .timestamps = timestamps, .id = 1}, std::move(pipe.value().read)));
  put(pipe.value().write, "one\ntwo\nthr");
  pipe.value().write.reset();
  Messages seen;
  REQUIRE(comes_true([&] {
    for (const std::string& message : journal.messages())
      seen.push_back(message);
    return seen.size() == 3;
  }));
  CHECK(seen == Messages{"one", "two", "thr"});
  CHECK((timestamps ? without_stamps(logs.text()) : logs.text()) == "one\ntwo\nthr");
}
