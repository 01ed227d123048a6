#include "engines.h"

#include <functional>

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

constexpr std::chrono::hours for_ever{1};

wire::StatusView working() {
  wire::StatusView view;
  view.time = "2026-11-24T07:00:00Z";
  view.stack = {
      .name = "repository", .verdict = "working", .since = "2026-11-24T06:53:30Z", .door = "open", .why = ""};
  return view;
}

/// What reads, and what answers it.
struct Reading {
  std::vector<std::string> words;
  wire::ControlReply reply;
  std::string out;
};

std::vector<Reading> readings() {
  return {{{"status", "--json"}, working(), wire::encode_status(working()) + "\n"},
          {{"volume", "list", "--json"}, working(), wire::encode_volumes(working()) + "\n"},
          {{"explain"}, wire::Explanation{{{.text = "all is well", .since = {}}}}, "all is well\n"},
          {{"plan"}, wire::PlanView{.config = "f.yaml"}, "f.yaml: a reload changes nothing\n"},
          {{"version"}, wire::DaemonVersion{"1.2.2"}, "holdfast 1.2.3\ndaemon 1.2.2\n"}};
}

std::string first_half(const wire::ControlReply& reply) {
  const std::string line = wire::encode(reply);
  return line.substr(0, line.size() / 2);
}

/// How an engine dies with a request: before it reads it, with it, in the middle of its answer.
const std::vector<std::function<void(EngineEnd&, const wire::ControlReply&)>> deaths = {
    [](EngineEnd&, const wire::ControlReply&) {},
    [](EngineEnd& engine, const wire::ControlReply&) { static_cast<void>(engine.request()); },
    [](EngineEnd& engine, const wire::ControlReply& reply) {
      static_cast<void>(engine.request());
      engine.write(first_half(reply));
    },
    [](EngineEnd& engine, const wire::ControlReply& reply) {
      static_cast<void>(engine.request());
      engine.write(wire::encode(reply)); // without its newline
    }};

} // namespace

TEST_CASE("what reads asks the next engine where the first was gone before its answer was told") {
  for (const Reading& reading : readings())
    for (const auto& death : deaths) {
      INFO(reading.words.front());
      Engines engines(reading.words);
      {
        EngineEnd engine = engines.accept();
        death(engine, reading.reply);
      }
      EngineEnd next = engines.accept();
      const wire::ControlRequest request = next.met();
      CHECK(request.id == 0);
      next.say_all(reading.reply);
      const Ran ran = engines.ended();
      CHECK(ran.code == 0);
      CHECK(ran.out == reading.out);
      CHECK(ran.err.empty());
    }
}

TEST_CASE("an engine that dies while it is met is followed by the next") {
  Engines engines({"status", "--json"});
  engines.accept().die();
  engines.accept().die();
  {
    EngineEnd engine = engines.accept();
    CHECK(engine.request().verb == ControlVerb::version);
    engine.write("{\"reply\":\"versi");
  }
  EngineEnd last = engines.accept();
  CHECK(last.met().verb == ControlVerb::status);
  last.say(working());
  CHECK(engines.ended().code == 0);
}

TEST_CASE("a status that is watched goes on with the next engine") {
  Engines engines({"status", "--watch", "--json"});
  const std::string shown = wire::encode_status(working());
  {
    EngineEnd engine = engines.accept();
    CHECK(engine.request().follow);
    engine.say(working());
    CHECK(engines.out.line() == shown);
  }
  EngineEnd next = engines.accept();
  CHECK(next.met().follow);
  next.say(working());
  CHECK(engines.out.line() == shown);
  next.say(wire::Refused{"enough"});
  CHECK(engines.ended().code == 1);
}

TEST_CASE("logs that are followed ask again for their places, and need no engine from then on") {
  Engines engines({"logs", "-f", "redis"});
  Command place;
  place.put("redis.log", "one\n");
  engines.accept().die();
  {
    EngineEnd engine = engines.accept();
    CHECK(engine.met().services == std::vector<std::string>{"redis"});
    engine.say(wire::LogPlaces{place.scratch.path(), {"redis"}});
    CHECK(engines.out.line() == "one");
  }
  place.append("redis.log", "two\n");
  CHECK(engines.out.line() == "two");
  engines.out.close();
  place.append("redis.log", "three\n");
  CHECK(engines.ended().code == 0);
}

TEST_CASE("a command that was accepted is waited for at the next engine, and is not asked for twice") {
  Engines engines({"stop", "redis"});
  std::uint64_t id = 0;
  {
    EngineEnd engine = engines.accept();
    const wire::ControlRequest request = engine.request();
    id = request.id;
    CHECK(id != 0);
    CHECK_FALSE(request.accepted);
    engine.say(wire::Progress{"redis is stopping"});
    engine.write(first_half(wire::Finished{}));
  }
  for (int i = 0; i < 3; ++i) {
    EngineEnd next = engines.accept();
    CHECK(next.met() ==
          wire::ControlRequest{.verb = ControlVerb::stop, .services = {"redis"}, .id = id, .accepted = true});
    next.say(wire::Progress{"redis is stopping"});
  }
  EngineEnd last = engines.accept();
  CHECK(last.met().accepted);
  last.say(wire::Finished{});
  const Ran ran = engines.ended();
  CHECK(ran.code == 0);
  CHECK(ran.out == "waiting: redis is stopping\nstopped redis\n");
}

TEST_CASE("a command of which nobody knows whether it was accepted is asked for again with its id") {
  const std::vector<std::vector<std::string>> commands = {{"start"},
                                                          {"stop"},
                                                          {"restart", "redis"},
                                                          {"reload"},
                                                          {"task", "migration"},
                                                          {"door", "close"},
                                                          {"start", "--no-wait"},
                                                          {"volume", "adopt", "database"}};
  for (const auto& words : commands)
    for (const bool half : {false, true}) {
      INFO(words.front());
      Engines engines(words);
      wire::ControlRequest asked;
      {
        EngineEnd engine = engines.accept();
        asked = engine.request();
        if (half) engine.write(first_half(wire::Progress{"redis is stopping"}));
      }
      EngineEnd next = engines.accept();
      CHECK(next.met() == asked);
      next.say(wire::Finished{});
      CHECK(engines.ended().code == 0);
    }
}

TEST_CASE("an adoption is asked for again by its id however far it was told") {
  Engines engines({"volume", "adopt", "database"});
  wire::ControlRequest asked;
  {
    EngineEnd engine = engines.accept();
    asked = engine.request();
    engine.write(first_half(wire::Finished{"its marker is 0123"}));
  }
  EngineEnd next = engines.accept();
  CHECK(next.met() == asked);
  next.say(wire::Finished{"its marker is 0123"});
  CHECK(engines.ended().out == "adopted volume database; its marker is 0123\n");
}

TEST_CASE("a reload tells what it changes once, or where that is told") {
  const wire::PlanView plan{.config = "f.yaml", .changes = {{.service = "redis", .effect = "restart"}}};
  {
    Engines engines({"reload"});
    {
      EngineEnd engine = engines.accept();
      static_cast<void>(engine.request());
      engine.say(plan);
    }
    EngineEnd next = engines.accept();
    CHECK_FALSE(next.met().accepted); // what is planned may still have been refused
    next.say(wire::Progress{"redis is stopping"});
    next.say(wire::Finished{});
    CHECK(engines.ended().out == "redis: restart\nwaiting: redis is stopping\nreloaded\n");
  }
  {
    Engines engines({"reload"});
    engines.accept().die();
    EngineEnd next = engines.accept();
    static_cast<void>(next.met());
    next.say(wire::Finished{});
    CHECK(engines.ended().out == "reloaded; what it changed is in `holdfast events`\n");
  }
  Engines engines({"reload"});
  const wire::PlanView mistaken{.config = "f.yaml",
                                .valid = false,
                                .mistakes = {{.file = "f.yaml", .shown = "f.yaml:3:1: error: no\n"}}};
  {
    EngineEnd engine = engines.accept();
    static_cast<void>(engine.request());
    engine.say(mistaken);
  }
  EngineEnd next = engines.accept();
  static_cast<void>(next.met());
  next.say(mistaken);
  next.say(wire::Refused{"nothing was changed"});
  const Ran ran = engines.ended();
  CHECK(ran.code == 1);
  CHECK(ran.out == "f.yaml:3:1: error: no\n");
}

TEST_CASE("an engine that takes its time to come back is told of, once, and waited for") {
  Engines engines({"stop"}, {.told = std::chrono::milliseconds(20), .most = for_ever});
  {
    EngineEnd engine = engines.accept();
    static_cast<void>(engine.request());
    engine.say(wire::Progress{"redis is stopping"});
  }
  CHECK(engines.err.line() == "holdfast: the engine is being restarted");
  engines.accept().die();
  EngineEnd next = engines.accept();
  CHECK(next.met().accepted);
  next.say(wire::Finished{});
  const Ran ran = engines.ended();
  CHECK(ran.code == 0);
  CHECK(ran.err == "holdfast: the engine is being restarted\n");
}

TEST_CASE("a daemon that does not come back is none") {
  for (const bool listens : {true, false}) {
    Engines engines({"stop"}, {.told = std::chrono::milliseconds(5), .most = std::chrono::milliseconds(50)});
    {
      EngineEnd engine = engines.accept();
      static_cast<void>(engine.request());
      engine.say(wire::Progress{"redis is stopping"});
      if (!listens) engines.kill();
    }
    const Ran ran = engines.ended();
    CHECK(ran.code == 3);
    CHECK(ran.err.find("the daemon closed the connection and is not back") != std::string::npos);
    CHECK(ran.err.find("; the outcome is not known\n") != std::string::npos);
  }
}

TEST_CASE("an upgrade ends with what the engine of the next build says") {
  Engines engines({"upgrade"});
  wire::ControlRequest asked;
  {
    EngineEnd engine = engines.accept();
    asked = engine.request();
    CHECK(asked.verb == ControlVerb::upgrade);
    CHECK(asked.id != 0);
    CHECK_FALSE(asked.accepted);
    engine.say(wire::Progress{"the trial of the build that is installed, and its engine"});
  }
  EngineEnd next = engines.accept();
  asked.accepted = true;
  CHECK(next.met() == asked);
  SECTION("it took over") {
    next.say(wire::Finished{"this is version 1.3.0"});
    const Ran ran = engines.ended();
    CHECK(ran.code == 0);
    CHECK(ran.out == "waiting: the trial of the build that is installed, and its engine\n"
                     "upgraded; this is version 1.3.0\n");
    CHECK(ran.err.empty());
  }
  SECTION("it did not") {
    next.say(wire::Refused{"no engine of the next build took over; version 1.2.3 is back"});
    const Ran ran = engines.ended();
    CHECK(ran.code == 1);
    CHECK(ran.err == "holdfast: no engine of the next build took over; version 1.2.3 is back\n");
  }
}

TEST_CASE("an engine is waited for longer while it is upgraded than otherwise") {
  for (const bool listens : {true, false}) {
    Engines engines(
        {"upgrade"},
        {.told = std::chrono::milliseconds(5), .most = std::chrono::milliseconds(10), .upgrade = for_ever});
    {
      EngineEnd engine = engines.accept();
      static_cast<void>(engine.request());
      engine.say(wire::Progress{"the trial of the build that is installed, and its engine"});
      if (!listens) engines.kill();
    }
    CHECK(engines.err.line() == "holdfast: the engine is being restarted");
    if (!listens) engines.listen();
    // Who gives up is gone before the time that others have is over so often.
    constexpr std::chrono::milliseconds others{200};
    CHECK(engines.goes_on_for(others));
    EngineEnd next = engines.accept();
    static_cast<void>(next.met());
    next.say(wire::Finished{"this is version 1.3.0"});
    CHECK(engines.ended().code == 0);
  }
  Engines engines(
      {"upgrade"},
      {.told = std::chrono::milliseconds(5), .most = for_ever, .upgrade = std::chrono::milliseconds(50)});
  engines.accept().die();
  const Ran ran = engines.ended();
  CHECK(ran.code == 3);
  CHECK(ran.err.find("; the outcome is not known\n") != std::string::npos);
  // By then the former build is back.
  constexpr client::Patience usual;
  CHECK(usual.upgrade > usual.most + std::chrono::minutes(1));
}

TEST_CASE("a daemon that has ended in order is not waited for") {
  for (const char* verb : {"stop", "status", "events", "plan"}) {
    Engines engines({verb}, {.told = for_ever, .most = for_ever});
    {
      EngineEnd engine = engines.accept();
      static_cast<void>(engine.request());
      engines.end();
    }
    const Ran ran = engines.ended();
    CHECK(ran.code == 3);
    CHECK(ran.err.find("holdfast: the daemon has ended (") == 0);
  }
}

TEST_CASE("a daemon that was killed and listens again is spoken to again") {
  Engines engines({"stop"}, {.told = std::chrono::milliseconds(5), .most = for_ever});
  {
    EngineEnd engine = engines.accept();
    static_cast<void>(engine.request());
    engine.say(wire::Progress{"redis is stopping"});
    engines.kill();
  }
  CHECK(engines.err.line() == "holdfast: the engine is being restarted");
  engines.listen();
  EngineEnd next = engines.accept();
  CHECK(next.met().accepted);
  next.say(wire::Refused{"the daemon does not know the command"});
  CHECK(engines.ended().code == 1);
}

TEST_CASE("a request that ends every engine is given up") {
  Engines engines({"explain"}, {.told = for_ever, .most = for_ever});
  static_cast<void>(engines.accept().request());
  for (int i = 1; i < 5; ++i)
    static_cast<void>(engines.accept().met());
  const Ran ran = engines.ended();
  CHECK(ran.code == 3);
  CHECK(ran.err == "holdfast: the daemon closed 5 connections in a row without an answer\n");
}

TEST_CASE("who is turned away when an engine is back tries again") {
  Engines engines({"status", "--json"});
  engines.accept().die();
  {
    EngineEnd full = engines.accept();
    static_cast<void>(full.request());
    full.say(wire::Refused{"too many connections; try again"});
  }
  EngineEnd next = engines.accept();
  static_cast<void>(next.met());
  next.say(working());
  CHECK(engines.ended().code == 0);
}

TEST_CASE("a socket file on which nobody listens is no daemon, at once") {
  Command command;
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, command.socket().data(), command.socket().size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const Ran ran = command.run({"stop"});
  CHECK(ran.code == 3);
  CHECK(ran.err == "holdfast: no daemon listens on " + command.socket() + "\n");
}
