#include "observer/amqp.h"
#include "observer/look.h"
#include "observer/real_server.h"
#include "support/catch.h"

namespace holdfast::test {
namespace {

using observer::Answer;
using observer::begin_amqp;
using wire::ProbeQuestion;
using wire::ProbeVerdict;

/// With its own epmd, and the management plugin.
class Rabbitmq : public RealServer {
public:
  Rabbitmq() : RealServer("rabbitmq", 4), epmd_("epmd") {
    epmd_.start({"epmd", "-address", "127.0.0.1", "-port", std::to_string(port(2)), "-debug"}, "epmd");
    write("rabbitmq.conf", "listeners.tcp.1 = " + target() + "\nmanagement.tcp.ip = 127.0.0.1\n" +
                               "management.tcp.port = " + std::to_string(port(1)) + '\n');
    write("enabled_plugins", "[rabbitmq_management].\n");
    start({"/usr/lib/rabbitmq/bin/rabbitmq-server"}, "Server startup complete",
          {{"RUNNING_UNDER_SYSTEMD", "true"},
           {"RABBITMQ_LOGS", "-"},
           {"RABBITMQ_NODENAME", "probed@localhost"},
           {"RABBITMQ_DIST_PORT", std::to_string(port(3))},
           {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"},
           {"ERL_EPMD_ADDRESS", "127.0.0.1"},
           {"ERL_EPMD_PORT", std::to_string(port(2))},
           {"HOME", *this / ""},
           {"RABBITMQ_MNESIA_BASE", *this / "mnesia"},
           {"RABBITMQ_LOG_BASE", *this / "log.d"},
           {"RABBITMQ_CONFIG_FILE", *this / "rabbitmq.conf"},
           {"RABBITMQ_ENABLED_PLUGINS_FILE", *this / "enabled_plugins"},
           {"RABBITMQ_CONF_ENV_FILE", *this / "env.conf"}});
  }
  ~Rabbitmq() { stop(); }

  void control(const Words& words) const {
    Words program{"/usr/lib/rabbitmq/bin/rabbitmqctl"};
    program.insert(program.end(), words.begin(), words.end());
    run(program);
  }

  [[nodiscard]] Answer look(ProbeQuestion question = {}) const {
    question.target = target();
    return test::look(begin_amqp, question);
  }

  [[nodiscard]] std::string management() const { return "http://127.0.0.1:" + std::to_string(port(1)); }

  /// How much it has logged at a level.
  [[nodiscard]] int lines_at(const std::string& level) const { return count_of('[' + level + ']', log()); }

private:
  RealServer epmd_;
};

ProbeQuestion as_guest(const std::string& secret = "guest", const std::string& vhost = "/") {
  ProbeQuestion question;
  question.user = "guest";
  question.secret = secret;
  question.vhost = vhost;
  return question;
}

} // namespace

TEST_CASE("real rabbitmq: a look as anybody, as somebody, and what the broker says of it", "[amqp]") {
  const Rabbitmq rabbitmq;
  const int warnings = rabbitmq.lines_at("warning");
  const int errors = rabbitmq.lines_at("error");

  CHECK(rabbitmq.look(as_guest()) == Answer{ProbeVerdict::succeeded, "lets user \"guest\" in"});
  REQUIRE(comes_true(30s, [&] { return count_of("vhost: '/', user: 'guest')", rabbitmq.log()) == 1; }));
  CHECK(rabbitmq.lines_at("warning") == warnings);
  CHECK(rabbitmq.lines_at("error") == errors);

  CHECK(rabbitmq.look(as_guest("wrong")) ==
        Answer{ProbeVerdict::failed, "user \"guest\" is not let in: ACCESS_REFUSED - Login was refused using "
                                     "authentication mechanism PLAIN. For details see the broker logfile."});
  CHECK(rabbitmq.look(as_guest("guest", "invenio")) ==
        Answer{ProbeVerdict::failed, "NOT_ALLOWED - vhost invenio not found"});
  CHECK(rabbitmq.lines_at("warning") == warnings);

  CHECK(rabbitmq.look() == Answer{ProbeVerdict::succeeded, "offers a connection"});
  CHECK(comes_true(
      30s, [&] { return count_of("client unexpectedly closed TCP connection", rabbitmq.log()) == 1; }));
}

TEST_CASE("real rabbitmq: an alarm, which lets everybody in and nobody publish", "[amqp]") {
  const Rabbitmq rabbitmq;
  ProbeQuestion question = as_guest();
  question.management = rabbitmq.management();
  CHECK(rabbitmq.look(question) == Answer{ProbeVerdict::succeeded, "lets user \"guest\" in, no alarms"});
  ProbeQuestion nobody;
  nobody.management = rabbitmq.management();
  CHECK(rabbitmq.look(nobody) == Answer{ProbeVerdict::succeeded, "offers a connection, no alarms"});

  rabbitmq.control({"set_vm_memory_high_watermark", "0.00001"});
  Answer answer;
  CHECK(comes_true(30s, [&] {
    answer = rabbitmq.look(question);
    return answer.verdict == ProbeVerdict::failed;
  }));
  CHECK(answer.said == "memory alarm on probed@localhost: publishers are kept waiting");
  question.management.clear();
  CHECK(rabbitmq.look(question).verdict == ProbeVerdict::succeeded);

  rabbitmq.control({"add_user", "rdm", "s3cret"});
  rabbitmq.control({"set_permissions", "rdm", ".*", ".*", ".*"});
  question.user = "rdm";
  question.secret = "s3cret";
  question.management = rabbitmq.management();
  answer = rabbitmq.look(question);
  CHECK(answer.verdict == ProbeVerdict::failed);
  CHECK(answer.said.find("rdm is not let in: 401 Unauthorized") != std::string::npos);
}

} // namespace holdfast::test
