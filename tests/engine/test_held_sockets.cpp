#include "engine/held_sockets.h"

#include "support/catch.h"
#include "support/ports.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <memory>
#include <set>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

using namespace holdfast;
using engine::HeldSockets;

namespace {

using Opened = std::vector<linux_os::OpenedSocket>;

std::string local(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

model::SocketSpec at(const std::string& name, const std::string& address) {
  return {.name = name, .address = address, .group = {}};
}

linux_os::OpenedSocket opened(const model::SocketSpec& socket) {
  auto fd = linux_os::open_listening_socket(socket, {});
  REQUIRE(fd.ok());
  return {.address = socket.address, .fd = std::move(fd).value()};
}

/// Two services: "web" with two sockets, one of them a file, and "api" with one.
class SocketsUnderTest {
public:
  SocketsUnderTest() {
    auto spec = std::make_shared<model::StackSpec>();
    spec->services.resize(2);
    spec->services[0].name = "web";
    spec->services[0].program.sockets = {web, file};
    spec->services[1].name = "api";
    spec->services[1].program.sockets = {api};
    stack.emplace(spec, Now{});
    sockets.emplace(*stack, handlers());
  }

  HeldSockets::Handlers handlers() {
    return {.anchor = {.hold =
                           [this](std::int32_t place, int) {
                             anchor.insert(place);
                             return Status(Done{});
                           },
                       .drop = [this](std::int32_t place) { anchor.erase(place); },
                       .places = 4},
            .trouble = [this](const std::string& line) { told += line + "\n"; }};
  }

  /// All that is known of "web" otherwise stays.
  void be(model::Phase phase, bool wanted) {
    model::StackImage image{stack->services(), stack->state()};
    image.services[0].phase = std::move(phase);
    image.services[0].wanted = wanted;
    const auto spec = std::make_shared<model::StackSpec>(stack->spec());
    stack.emplace(spec, std::move(image));
  }

  void respecify(const std::vector<model::SocketSpec>& of_web) {
    auto spec = std::make_shared<model::StackSpec>(stack->spec());
    spec->services[0].program.sockets = of_web;
    model::Actions actions;
    model::step(*stack, model::ConfigurationChanged{.spec = spec, .reload = {}, .done = {}, .by = {}}, Now{},
                actions);
    sockets->respecified();
  }

  test::Scratch scratch;
  int port = test::free_ports(3);
  model::SocketSpec web = at("http", local(port));
  model::SocketSpec file = at("local", "unix:" + scratch / "s");
  model::SocketSpec api = at("http", local(port + 1));
  std::set<std::int32_t> anchor;
  std::string told;
  std::optional<model::Stack> stack;
  std::optional<HeldSockets> sockets;
};

/// The numbers of a service's sockets; -1: not open.
std::vector<int> numbers(const HeldSockets& sockets, ServiceId service) {
  std::vector<int> all;
  for (const auto& socket : sockets.of(service))
    all.push_back(socket ? socket->get() : -1);
  return all;
}

Opened list_of(linux_os::OpenedSocket one) {
  Opened list;
  list.push_back(std::move(one));
  return list;
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

} // namespace

TEST_CASE("held sockets: what a look opened is with the anchor and in the order of the spec") {
  SocketsUnderTest test;
  CHECK(numbers(*test.sockets, {0}) == std::vector<int>{-1, -1});
  auto file = opened(test.file);
  const int number = file.fd.get();
  test.sockets->take({0}, list_of(std::move(file)));
  CHECK(numbers(*test.sockets, {0}) == std::vector<int>{-1, number});
  CHECK(test.anchor.size() == 1);
  test.sockets->take({1}, list_of(opened(test.api)));
  CHECK(test.anchor.size() == 2);
  CHECK(numbers(*test.sockets, {1}).at(0) >= 0);
}

TEST_CASE("held sockets: the status has the numbers of those that are open") {
  SocketsUnderTest test;
  test.sockets->take({0}, list_of(opened(test.web)));
  const auto status = test.sockets->status({0});
  REQUIRE(status.size() == 2);
  CHECK(status[0].name == "http");
  CHECK(status[0].address == test.web.address);
  CHECK(status[0].queue == 0U);
  CHECK(status[0].backlog.value_or(0) > 0);
  CHECK(status[1].name == "local");
  CHECK_FALSE(status[1].queue.has_value());
}

TEST_CASE("held sockets: a service that is let go of leaves nothing and nobody else is touched") {
  SocketsUnderTest test;
  test.sockets->take({0}, list_of(opened(test.file)));
  test.sockets->take({1}, list_of(opened(test.api)));
  test.sockets->settle({0});
  CHECK(numbers(*test.sockets, {0}) == std::vector<int>{-1, -1});
  CHECK_FALSE(is_there(test.scratch / "s"));
  CHECK(numbers(*test.sockets, {1}).at(0) >= 0);
  CHECK(test.anchor.size() == 1);
  test.sockets->release_all();
  CHECK(test.anchor.empty());
}

TEST_CASE("held sockets: a service holds its own as long as it is wanted and has not failed") {
  SocketsUnderTest test;
  test.sockets->take({0}, list_of(opened(test.web)));
  const int web = numbers(*test.sockets, {0}).at(0);
  for (const auto& [phase, wanted] : {std::pair<model::Phase, bool>(model::Down{}, true),
                                      std::pair<model::Phase, bool>(model::Waiting{}, true),
                                      std::pair<model::Phase, bool>(model::Backoff{}, true),
                                      std::pair<model::Phase, bool>(model::Stopping{}, false)}) {
    test.be(phase, wanted);
    test.sockets->settle({0});
    CHECK(numbers(*test.sockets, {0}).at(0) == web);
  }
  test.be(model::Failed{}, true);
  test.sockets->settle({0});
  CHECK(numbers(*test.sockets, {0}).at(0) == -1);
  CHECK(test.anchor.empty());
}

TEST_CASE("held sockets: what a reload does not name any more is let go of; the rest stays the same socket") {
  SocketsUnderTest test;
  test.sockets->take({0}, list_of(opened(test.web)));
  test.sockets->take({0}, list_of(opened(test.file)));
  const int web = numbers(*test.sockets, {0}).at(0);
  auto renamed = test.web;
  renamed.name = "https";
  test.respecify({renamed});
  CHECK(numbers(*test.sockets, {0}) == std::vector<int>{web});
  CHECK_FALSE(is_there(test.scratch / "s"));
  CHECK(test.anchor.size() == 1);
}

TEST_CASE("held sockets: what was opened for a spec that is no more in force is let go of") {
  SocketsUnderTest test;
  auto late = opened(test.file);
  test.respecify({test.web});
  test.sockets->take({0}, list_of(std::move(late)));
  CHECK(test.anchor.empty());
  CHECK_FALSE(is_there(test.scratch / "s"));
}

TEST_CASE("held sockets: one that was opened anew takes the place of the one before") {
  SocketsUnderTest test;
  test.sockets->take({0}, list_of(opened(test.file)));
  REQUIRE(::unlink((test.scratch / "s").c_str()) == 0);
  auto again = opened(test.file);
  const int number = again.fd.get();
  test.sockets->take({0}, list_of(std::move(again)));
  CHECK(numbers(*test.sockets, {0}).at(1) == number);
  CHECK(test.anchor.size() == 1);
  CHECK(is_there(test.scratch / "s"));
}

TEST_CASE("held sockets: the next engine asks the kernel where each is bound") {
  SocketsUnderTest test;
  auto web = opened(test.web);
  auto file = opened(test.file);
  auto stranger = opened(at("old", local(test.port + 2)));
  test.anchor = {0, 1, 2, 3};
  const int web_number = web.fd.get();
  const int file_number = file.fd.get();
  test.sockets->find_again(0, std::move(file.fd));
  test.sockets->find_again(1, std::move(stranger.fd));
  test.sockets->find_again(2, Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  test.sockets->find_again(3, std::move(web.fd));
  CHECK(numbers(*test.sockets, {0}) == std::vector<int>{web_number, file_number});
  CHECK(test.anchor == std::set<std::int32_t>{0, 3});
  CHECK(test.told == "nobody listens on " + local(test.port + 2) + " any more: the socket is closed\n");
  CHECK(is_there(test.scratch / "s"));
  // Places that are in use are not given away again.
  test.sockets->take({1}, list_of(opened(test.api)));
  CHECK(test.anchor.size() == 3);
}

TEST_CASE("held sockets: nothing is left of one that no service of the next engine has") {
  SocketsUnderTest test;
  auto file = opened(test.file);
  test.respecify({test.web});
  test.anchor = {0};
  test.sockets->find_again(0, std::move(file.fd));
  CHECK(test.anchor.empty());
  CHECK_FALSE(is_there(test.scratch / "s"));
}

TEST_CASE("held sockets: one that is let go of while a program is started with it stays open for that") {
  SocketsUnderTest test;
  test.sockets->take({0}, list_of(opened(test.web)));
  const auto borrowed = test.sockets->of({0});
  test.sockets->settle({0});
  CHECK(linux_os::listening_at(borrowed.at(0)->get()).ok());
}
