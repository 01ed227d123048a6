#include "observer/postgresql.h"

#include "observer/look.h"
#include "observer/scripted_server.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/scratch.h"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace holdfast::test {
namespace {

using observer::Answer;
using observer::begin_postgresql;
using wire::ProbeQuestion;
using wire::ProbeVerdict;

std::string number(std::uint32_t value) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    bytes += static_cast<char>(value >> shift & 0xffU);
  return bytes;
}

/// A message of the server's, of protocol 3.0: its kind, its length with itself, what it says.
std::string message(char kind, const std::string& body) {
  return kind + number(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

std::string text(const std::string& words) {
  return words + '\0';
}

std::string error(const std::string& sqlstate, const std::string& words) {
  return message('E', text("SFATAL") + text("VFATAL") + text('C' + sqlstate) + text('M' + words) + '\0');
}

std::string authentication(std::uint32_t kind, const std::string& more = "") {
  return message('R', number(kind) + more);
}

constexpr std::uint32_t let_in = 0;
constexpr std::uint32_t clear_password = 3;
constexpr std::uint32_t gss = 7;
constexpr std::uint32_t unheard_of = 99;

std::string ready() {
  return message('Z', "I");
}

std::string done(const std::string& tag) {
  return message('C', text(tag));
}

/// One row with one column.
std::string row(const std::string& value) {
  const std::string one = std::string("\0\1", 2);
  const std::string column = text("column") + number(0) + std::string("\0\0", 2) + number(25) +
                             std::string("\xff\xff", 2) + number(0xffffffffU) + std::string("\0\0", 2);
  return message('T', one + column) +
         message('D', one + number(static_cast<std::uint32_t>(value.size())) + value) + done("SELECT 1");
}

std::uint32_t length_in(const std::string& bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes)
    value = value << 8U | static_cast<std::uint8_t>(byte);
  return value;
}

/// What a client says first: without TLS, which it asks for and is refused.
std::string receive_startup(Peer& peer) {
  constexpr std::size_t request_for_tls = 8;
  std::string length = peer.receive(4);
  if (length_in(length) == request_for_tls) {
    peer.receive(4);
    peer.send("N");
    length = peer.receive(4);
  }
  return length.size() == 4 ? peer.receive(length_in(length) - 4) : "";
}

/// A message of the client's.
std::string receive_message(Peer& peer) {
  const std::string head = peer.receive(5);
  return head.size() == 5 ? head.front() + peer.receive(length_in(head.substr(1)) - 4) : "";
}

ProbeQuestion question_to(const std::string& target) {
  ProbeQuestion question;
  question.protocol = wire::ProbeProtocol::postgresql;
  question.target = target;
  return question;
}

ProbeQuestion as_rdm() {
  ProbeQuestion question;
  question.user = "rdm";
  question.secret = "s3cret";
  return question;
}

ProbeQuestion asking(const std::string& query) {
  ProbeQuestion question = as_rdm();
  question.query = query;
  return question;
}

Answer look_at(const ScriptedServer::Script& script, ProbeQuestion question = {}) {
  const ScriptedServer server(script);
  question.target = server.target();
  return look(begin_postgresql, question);
}

/// What comes of an answer to the startup packet.
Answer after(const std::string& answer, const ProbeQuestion& question = {}) {
  return look_at(
      [answer](Peer& peer) {
        receive_startup(peer);
        peer.send(answer);
        peer.wait_for_its_end();
      },
      question);
}

/// What comes of an answer to the query.
Answer after_query(const std::string& answer) {
  return look_at(
      [answer](Peer& peer) {
        receive_startup(peer);
        peer.send(authentication(let_in) + ready());
        receive_message(peer);
        peer.send(done("BEGIN") + done("SET") + ready());
        receive_message(peer);
        peer.send(answer + ready());
        receive_message(peer);
        peer.send(done("ROLLBACK") + ready());
        peer.wait_for_its_end();
      },
      asking("select 1"));
}

} // namespace

TEST_CASE("postgresql: a question for a password is an answer", "[postgresql]") {
  const Answer accepts{ProbeVerdict::succeeded, "accepts connections"};
  CHECK(after(authentication(clear_password)) == accepts);
  CHECK(after(authentication(10, text("SCRAM-SHA-256") + '\0')) == accepts);
  CHECK(after(authentication(5, "salt")) == accepts);
  CHECK(after(authentication(gss)) == accepts);
  CHECK(after(authentication(unheard_of)) == accepts);
  CHECK(after(authentication(let_in) + ready()) == accepts);
}

TEST_CASE("postgresql: it says its name and asks for no more than a session", "[postgresql]") {
  std::mutex mutex;
  std::string startup;
  const auto script = [&](Peer& peer) {
    const std::lock_guard lock(mutex);
    startup = receive_startup(peer);
    peer.send(error("28000", "no"));
  };
  CHECK(look_at(script).verdict == ProbeVerdict::succeeded);
  CHECK(startup.find(text("user") + text("postgres") + text("database") + text("postgres")) !=
        std::string::npos);
  CHECK(startup.find(text("application_name") + text("holdfast")) != std::string::npos);
  ProbeQuestion question = as_rdm();
  question.database = "records";
  CHECK(look_at(script, question).verdict == ProbeVerdict::failed);
  CHECK(startup.find(text("user") + text("rdm") + text("database") + text("records")) != std::string::npos);
}

TEST_CASE("postgresql: what refuses a stranger accepts connections, and logs it", "[postgresql]") {
  CHECK(after(error("28000", "role \"postgres\" does not exist")) ==
        Answer{ProbeVerdict::succeeded,
               "accepts connections, and logs at each look: role \"postgres\" does not exist"});
  for (const std::string sqlstate : {"28P01", "3D000", "42501", "55000"})
    CHECK(after(error(sqlstate, "no")).verdict == ProbeVerdict::succeeded);
  CHECK(after(error("53100", "disk full")) == Answer{ProbeVerdict::failed, "disk full"});
  CHECK(after(error("XX000", "no such file")) == Answer{ProbeVerdict::failed, "no such file"});
}

TEST_CASE("postgresql: who was to log in must be let in", "[postgresql]") {
  CHECK(after(authentication(let_in) + ready(), as_rdm()) ==
        Answer{ProbeVerdict::succeeded, "lets user \"rdm\" in"});
  const std::string words = "password authentication failed for user \"rdm\"";
  CHECK(after(error("28P01", words), as_rdm()) == Answer{ProbeVerdict::failed, words});
  CHECK(after(error("3D000", "database \"rdm\" does not exist"), as_rdm()) ==
        Answer{ProbeVerdict::failed, "database \"rdm\" does not exist"});
  ProbeQuestion without_secret = as_rdm();
  without_secret.secret = "";
  CHECK(after(authentication(gss), as_rdm()) ==
        Answer{ProbeVerdict::failed, "asks for another proof of user \"rdm\" than a password"});
  CHECK(after(authentication(clear_password), without_secret) ==
        Answer{ProbeVerdict::failed, "asks for the password of user \"rdm\", and none is given"});
}

TEST_CASE("postgresql: recovery is a start, and too many clients are no outage", "[postgresql]") {
  for (const ProbeQuestion& question : {ProbeQuestion{}, as_rdm(), asking("select 1")}) {
    CHECK(after(error("57P03", "the database system is starting up"), question) ==
          Answer{ProbeVerdict::starting, "the database system is starting up"});
    CHECK(after(error("53300", "sorry, too many clients already"), question) ==
          Answer{ProbeVerdict::succeeded, "sorry, too many clients already"});
  }
}

TEST_CASE("postgresql: a query must succeed, and can change nothing", "[postgresql]") {
  CHECK(after_query(row("1")) == Answer{ProbeVerdict::succeeded, "answers the query"});
  CHECK(after_query(error("42P01", "relation \"x\" does not exist")) ==
        Answer{ProbeVerdict::failed, "the query failed: relation \"x\" does not exist"});
  CHECK(after_query(error("57014", "canceling statement due to statement timeout")) ==
        Answer{ProbeVerdict::failed, "the query was not answered within 3000 ms"});
  CHECK(after_query(message('I', "")) == Answer{ProbeVerdict::failed, "the query is empty"});
  const std::string copy_out = message('H', std::string("\0\0\0", 3));
  CHECK(after_query(copy_out).said == "the query is a COPY, which is not looked at");

  std::mutex mutex;
  std::vector<std::string> said;
  const auto script = [&](Peer& peer) {
    receive_startup(peer);
    peer.send(authentication(let_in) + ready());
    for (const std::string& answer : {done("BEGIN") + done("SET"), row("1"), done("ROLLBACK")}) {
      const std::lock_guard lock(mutex);
      said.push_back(receive_message(peer));
      peer.send(answer + ready());
    }
    peer.wait_for_its_end();
  };
  CHECK(look_at(script, asking("select 1")).verdict == ProbeVerdict::succeeded);
  const std::lock_guard lock(mutex);
  CHECK(said == std::vector<std::string>{text("Qbegin read only; set local statement_timeout = 3000"),
                                         text("Qselect 1"), text("Qrollback")});
}

TEST_CASE("postgresql: a password that is echoed is not shown", "[postgresql]") {
  CHECK(after(error("28000", "you said s3cret"), as_rdm()) == Answer{ProbeVerdict::failed, "you said ***"});
}

TEST_CASE("postgresql: a stranger and one that hangs up", "[postgresql]") {
  CHECK(look_at([](Peer& peer) {
          peer.receive(8);
          peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
          peer.wait_for_its_end();
        }).verdict == ProbeVerdict::failed);
  CHECK(after("SSH-2.0-OpenSSH_9.2p1\r\n").verdict == ProbeVerdict::failed);
  CHECK(after(message('R', "")).verdict == ProbeVerdict::failed);
  CHECK(after(error("53100", "")) == Answer{ProbeVerdict::failed, "refuses without a word"});
  CHECK(look_at([](Peer& peer) { receive_startup(peer); }) ==
        Answer{ProbeVerdict::failed, "server closed the connection unexpectedly"});
  CHECK(look_at([](Peer& peer) {
          receive_startup(peer);
          peer.send(error("57P03", "starting").substr(0, 9));
        }).verdict == ProbeVerdict::failed);
}

TEST_CASE("postgresql: an answer that comes byte by byte is one answer", "[postgresql]") {
  CHECK(look_at([](Peer& peer) {
          receive_startup(peer);
          peer.send_byte_by_byte(error("57P03", "starting"));
          peer.wait_for_its_end();
        }) == Answer{ProbeVerdict::starting, "starting"});
}

TEST_CASE("postgresql: nobody speaks without end", "[postgresql]") {
  // An error message of protocol 2.0 has no length.
  CHECK(look_at(
            [](Peer& peer) {
              receive_startup(peer);
              peer.send("E");
              peer.send_endlessly(std::string(4096, 'x'));
            },
            as_rdm()) ==
        Answer{ProbeVerdict::failed, "said too much before the answer to the login of user \"rdm\""});
  CHECK(look_at(
            [](Peer& peer) {
              receive_startup(peer);
              peer.send(authentication(let_in) + ready());
              receive_message(peer);
              peer.send_endlessly(row(std::string(8192, 'x')));
            },
            asking("select 1")) ==
        Answer{ProbeVerdict::failed, "said too much before the answer to the query"});
}

TEST_CASE("postgresql: nobody there", "[postgresql]") {
  const std::string target = "127.0.0.1:" + std::to_string(free_ports(1));
  CHECK(look(begin_postgresql, question_to(target)) ==
        Answer{ProbeVerdict::failed, target + ": Connection refused"});
  CHECK(look(begin_postgresql, question_to("unix:/nowhere/.s.PGSQL.5432")) ==
        Answer{ProbeVerdict::failed, "unix:/nowhere/.s.PGSQL.5432: No such file or directory"});
}

TEST_CASE("postgresql: a unix socket and a name are connected to", "[postgresql]") {
  const auto script = [](Peer& peer) {
    receive_startup(peer);
    peer.send(authentication(clear_password));
    peer.wait_for_its_end();
  };
  const Scratch scratch;
  const ScriptedServer at_path(script, scratch / ".s.PGSQL.5432");
  CHECK(look(begin_postgresql, question_to("unix:" + (scratch / ".s.PGSQL.5432"))).said ==
        "accepts connections");
  const ScriptedServer server(script);
  CHECK(look(begin_postgresql, question_to("localhost:" + std::to_string(server.port()))).said ==
        "accepts connections");
}

TEST_CASE("postgresql: a target that cannot be meant is our mistake, not the server's", "[postgresql]") {
  const Answer answer = look(begin_postgresql, question_to("unix:/run/postgresql/socket"));
  CHECK(answer == Answer{ProbeVerdict::unknown,
                         "/run/postgresql/socket: PostgreSQL's sockets are called .s.PGSQL.PORT"});
  CHECK(look(begin_postgresql, question_to("nonsense")).said.starts_with("nonsense: "));
}

TEST_CASE("postgresql: what libpq finds in the environment has no say", "[postgresql]") {
  for (const char* const name : {"PGSERVICE", "PGHOST", "PGHOSTADDR", "PGOPTIONS", "PGTZ", "PGPASSFILE",
                                 "PGSSLMODE", "PGSYSCONFDIR", "PGTARGETSESSIONATTRS", "PGREQUIREPEER"})
    ::setenv(name, "nonsense", 1);
  ::setenv("PGPASSWORD", "of somebody else", 1);
  ProbeQuestion question = as_rdm();
  question.secret = "";
  CHECK(after(authentication(clear_password), question).said ==
        "asks for the password of user \"rdm\", and none is given");
  CHECK(std::getenv("PGSERVICE") == nullptr);
}

TEST_CASE("postgresql: silence is waited for, and can be given up", "[postgresql]") {
  const ScriptedServer silent([](Peer& peer) { peer.wait_for_its_end(); });
  look_until_it_waits_for(begin_postgresql, question_to(silent.target()),
                          "the answer to the start of a session");
  const ScriptedServer silent_after_query([](Peer& peer) {
    receive_startup(peer);
    peer.send(authentication(let_in) + ready());
    peer.wait_for_its_end();
  });
  ProbeQuestion question = asking("select 1");
  question.target = silent_after_query.target();
  look_until_it_waits_for(begin_postgresql, question, "the answer to the query");
}

} // namespace holdfast::test
