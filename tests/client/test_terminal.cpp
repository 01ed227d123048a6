#include "command.h"
#include "fake_daemon.h"

#include <pty.h>
#include <sys/ioctl.h>

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// What a command writes to a terminal of 40 columns.
std::string on_terminal(Command& command, const std::vector<std::string>& words) {
  int master = -1;
  int slave = -1;
  const winsize size{.ws_row = 10, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, &size) == 0);
  const Fd screen(master);
  {
    const Fd tty(slave);
    client::Terminal terminal(tty.get(), tty.get());
    static_cast<void>(client::run_client(words, command.composition(), terminal));
  }
  // With the other end closed all that was written can be read, and then an error.
  std::string shown;
  std::string block(4096, '\0');
  for (ssize_t n = 0; (n = ::read(screen.get(), block.data(), block.size())) > 0;)
    shown.append(block, 0, static_cast<std::size_t>(n));
  return shown;
}

/// Sets a variable of the environment and puts the old value back.
class Environment {
public:
  Environment(const char* name, const char* value) : name_(name) {
    const char* const old = std::getenv(name);
    was_set_ = old != nullptr;
    if (was_set_) old_ = old;
    ::setenv(name, value, 1);
  }
  ~Environment() {
    if (was_set_)
      ::setenv(name_, old_.c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

private:
  const char* name_;
  bool was_set_ = false;
  std::string old_;
};

wire::StatusView view() {
  wire::StatusView view;
  view.stack = {
      .name = "repository", .verdict = "working", .since = "2026-11-24T06:53:30Z", .door = "open", .why = ""};
  wire::ServiceStatus redis;
  redis.name = "redis";
  redis.phase = "ready";
  redis.why = std::string(100, 'y');
  view.services.push_back(redis);
  return view;
}

} // namespace

TEST_CASE("colours are for terminals, and not for those who want none") {
  Command command;
  const FakeDaemon daemon(command.socket(), {view(), wire::Finished{}});
  const Environment terminal("TERM", "xterm");
  {
    const Environment wants("NO_COLOR", "");
    CHECK(on_terminal(command, {"status"}).find("\x1b[32mready\x1b[0m") != std::string::npos);
  }
  const Environment wants("NO_COLOR", "1");
  CHECK(on_terminal(command, {"status"}).find('\x1b') == std::string::npos);
}

TEST_CASE("progress is one line that is written over") {
  Command command;
  const FakeDaemon daemon(command.socket(), {wire::Progress{"redis is starting: " + std::string(80, 'x')},
                                             wire::Progress{"worker"}, wire::Finished{}});
  const std::string shown = on_terminal(command, {"start"});
  CHECK(shown == "\r\x1b[Kwaiting: redis is starting: xxxxxxxx..."
                 "\r\x1b[Kwaiting: worker"
                 "\r\x1b[Kstarted the stack\r\n");
}

TEST_CASE("a line of a log cannot steer a terminal") {
  Command command;
  command.put("redis.log", "\x1b]0;owned\x07\x1b[2Jx\n");
  const FakeDaemon daemon(command.socket(),
                          {wire::LogPlaces{command.scratch.path(), {"redis"}}, wire::Finished{}});
  CHECK(on_terminal(command, {"logs", "redis"}) == "\\x1b]0;owned\\x07\\x1b[2Jx\r\n");
}

TEST_CASE(
    "a status that is watched is drawn over the one before, and never wider or higher than the terminal") {
  Command command;
  wire::StatusView high = view();
  high.services.resize(30, high.services[0]);
  const FakeDaemon daemon(command.socket(), {high, high, wire::Refused{"enough"}});
  const Environment wants("NO_COLOR", "1");
  const std::string shown = on_terminal(command, {"status", "--watch"});
  CHECK(shown.find("\x1b[2J\x1b[H") == 0);
  CHECK(shown.find("\x1b[J\x1b[H") != std::string::npos);
  const std::string frame = shown.substr(0, shown.find("\x1b[J"));
  CHECK(std::count(frame.begin(), frame.end(), '\n') == 9);
}
