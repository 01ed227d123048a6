#include "engine_host.h"

#include "base/secret_file.h"
#include "engine/engine.h"
#include "engine/premises.h"
#include "wire/anchor.h"
#include "wire/held.h"
#include "wire/last_stop.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

constexpr int cannot_start = 4;

[[noreturn]] void finish(int code) {
  static_cast<void>(
      wire::send_record(wire::engine_socket_fd, wire::EngineRecord{wire::ToAnchor::finish, code}));
  std::_Exit(code);
}

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "engine: %s\n", result.error().what.c_str());
  finish(cannot_start);
}

void leave_signals_to_the_anchor() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE})
    sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// Empty where there is no such file.
std::string word_in(const std::string& path) {
  std::string word;
  std::ifstream(path) >> word;
  return word;
}

/// The real one, unless the test put a script in its place.
engine::ArchiveTidier::Program archive_tidier(const std::string& directory) {
  if (const std::string script = directory + "/tidier"; ::access(script.c_str(), F_OK) == 0)
    return {.words = {"/bin/sh", script}, .patience = std::chrono::seconds(1)};
  return {.words = {HOLDFAST_ENGINE, "--tidy-log-archives"}};
}

/// A disk that does not answer while there is a file PATH.hangs.
Result<std::string> read_when_it_may(const std::string& path) {
  while (::access((path + ".hangs").c_str(), F_OK) == 0)
    ::poll(nullptr, 0, 5);
  return read_secret_file(path);
}

/// Tells events and what services say of themselves, each once, over all engines.
class Teller {
public:
  Teller(std::string file, engine::Engine& engine)
      : file_(std::move(file)), engine_(engine), told_(engine.filed().sequence) {}

  void tell() {
    std::ostringstream lines;
    for (const auto& event : engine_.events()) {
      if (event.sequence <= told_) continue;
      told_ = event.sequence;
      lines << event.service << ' ' << event.run << ' ' << event.from << '>' << event.to << ' ' << event.why
            << '\n';
    }
    for (std::uint32_t i = 0; i < engine_.stack().size(); ++i) {
      const std::string& says = engine_.stack().service({i}).status_text;
      if (std::exchange(said_[i], says) != says && !says.empty())
        lines << engine_.stack().spec({i}).name << " says " << says << '\n';
    }
    std::ofstream(file_, std::ios::app) << lines.str();
    engine_.set_filed({.sequence = told_});
  }

private:
  std::string file_;
  engine::Engine& engine_;
  std::uint64_t told_;
  std::map<std::uint32_t, std::string> said_;
};

/// The commands of the test.
class Ear {
public:
  Ear(boost::asio::io_context& loop, const std::string& directory, engine::Engine& engine)
      : socket_(loop, bound(directory + "/ask")), told_(directory + "/told"), engine_(engine) {
    hear();
  }

private:
  static int bound(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path.c_str()); // of an engine before this one
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) finish(cannot_start);
    return fd;
  }

  void hear() {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code) {
      std::array<char, 256> text{};
      const ssize_t n = ::recv(socket_.native_handle(), text.data(), text.size(), 0);
      if (n > 0) take({text.data(), static_cast<std::size_t>(n)});
      hear();
    });
  }

  void adopt(const std::string& volume) {
    engine_.adopt(volume, "the test", {}, [this, volume](const engine::Adopted& outcome) {
      std::ofstream(told_, std::ios::app)
          << (outcome.refused.empty() ? "adopted " + volume : "not adopted: " + outcome.refused) << '\n';
    });
  }

  void upgrade() {
    engine_.upgrade("the test", {}, [this](const std::string& why) {
      std::ofstream(told_, std::ios::app) << "not upgraded: " << why << '\n';
    });
  }

  void take(const std::string& text) {
    std::istringstream words(text);
    std::string verb;
    std::string name;
    words >> verb >> name;
    if (verb == "door") return engine_.ask(model::DoorAsked{.open = name == "open", .by = "the test"}, {});
    if (verb == "adopt") return adopt(name);
    if (verb == "upgrade") return upgrade();
    model::CommandAsked command;
    command.verb = verb == "stop"      ? model::Verb::stop
                   : verb == "restart" ? model::Verb::restart
                   : verb == "task"    ? model::Verb::task
                                       : model::Verb::start;
    command.by = "the test";
    if (const auto id = engine_.stack().find(name)) command.services.push_back(*id);
    engine_.ask(command, {});
  }

  boost::asio::posix::stream_descriptor socket_;
  std::string told_;
  engine::Engine& engine_;
};

} // namespace

void be_the_engine(const model::StackSpec& spec, const model::StackSpec& reloaded,
                   const std::string& directory, const std::string& cgroup) {
  if (::access((directory + "/no-engine").c_str(), F_OK) == 0) std::_Exit(1);
  auto held = engine::Held::find();
  leave_signals_to_the_anchor();
  for (const int fd : {wire::engine_socket_fd, wire::engine_last_stop_fd})
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  auto* const table = must(wire::map_last_stop(wire::engine_last_stop_fd));
  boost::asio::io_context loop(1);
  config::Loaded loaded{.stack = spec,
                        .tree = std::make_shared<config::Node>(config::Node{.kind = config::Kind::map}),
                        .diagnostics = {},
                        .kept = {}};
  const config::Loaded accepted = loaded;
  loaded.stack = reloaded;
  auto arrival = engine::is_started(*table, held)
                     ? engine::come_back(*table, ::getppid(), held, [&](const auto&) { return accepted; })
                     : engine::arrive(accepted, cgroup, ::getppid(), held);
  engine::Engine engine(
      loop,
      {.arrival = must(std::move(arrival)),
       .file = directory + "/holdfast.yaml",
       .read = [loaded] { return loaded; },
       .anchor_socket = wire::engine_socket_fd,
       .last_stop = table,
       .looker = {.program = {"/bin/sh", directory + "/looker"}, .patience = std::chrono::milliseconds(300)},
       .archive_tidier = archive_tidier(directory),
       .observer = {.program = HOLDFAST_TEST_OBSERVER,
                    .user = word_in(directory + "/observer-user"),
                    .patience = std::chrono::milliseconds(200),
                    .silence = std::chrono::milliseconds(300),
                    .read_secret = read_when_it_may},
       .upgrade = {.anchor = directory + "/next-anchor", .engine = directory + "/next-engine"}});
  must(engine.open(held));
  const Ear ear(loop, directory, engine);
  Teller teller(directory + "/told", engine);
  engine.on_change([&] { teller.tell(); });
  const int code = engine.run();
  teller.tell();
  finish(code);
}

} // namespace holdfast::test
