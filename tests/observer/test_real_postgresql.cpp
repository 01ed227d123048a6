#include "observer/certificates.h"
#include "observer/isolated.h"
#include "observer/look.h"
#include "observer/postgresql.h"
#include "observer/real_server.h"
#include "support/catch.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <optional>
#include <stdexcept>

namespace holdfast::test {
namespace {

using observer::Answer;
using observer::begin_postgresql;
using wire::ProbeQuestion;
using wire::ProbeVerdict;

const std::string programs = "/usr/lib/postgresql/15/bin/";

/// As Debian makes a cluster: peer over the socket, passwords over TCP, TLS. With a role and a database
/// "rdm".
class Postgresql : public RealServer {
public:
  explicit Postgresql(const std::string& settings = "") : RealServer("postgres") {
    run({programs + "initdb", "--pgdata=" + (*this / "data"), "--auth-local=peer",
         "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"});
    write_certificate();
    set(std::string("fsync = off\nlisten_addresses = '127.0.0.1'\nssl = on\n") + "ssl_cert_file = '" +
        (*this / "pem") + "'\nssl_key_file = '" + (*this / "pem") + "'\nunix_socket_directories = '" +
        (*this / "") + "'\nport = " + std::to_string(port()) + '\n');
    start();
    sql("create role rdm login password 's3cret'");
    sql("create database rdm owner rdm");
    stop();
    set(settings);
    start();
  }

  void start(const std::string& ready = "database system is ready to accept connections") {
    RealServer::start({programs + "postgres", "-D", *this / "data"}, ready);
    said_at_start_ = log().size();
  }

  void set(const std::string& settings) const {
    write("data/postgresql.conf", contents(*this / "data/postgresql.conf") + settings + '\n');
  }

  std::string sql(const std::string& statement) const {
    return run({"psql", "--host", *this / "", "--port", std::to_string(port()), "--dbname", "postgres",
                "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement});
  }

  [[nodiscard]] Answer look(ProbeQuestion question = {}) const {
    if (question.target.empty()) question.target = target();
    return test::look(begin_postgresql, question);
  }

  /// Lines at ERROR or FATAL since it was started.
  [[nodiscard]] int complaints() const {
    const std::string said = log().substr(said_at_start_);
    return count_of("ERROR:  ", said) + count_of("FATAL:  ", said);
  }

private:
  void write_certificate() const {
    const Identity identity = Authority::self_signed({});
    write("pem", identity.certificate + identity.key, 0600);
  }

  std::size_t said_at_start_ = 0;
};

ProbeQuestion as_rdm(const std::string& secret = "s3cret") {
  ProbeQuestion question;
  question.user = "rdm";
  question.secret = secret;
  return question;
}

ProbeQuestion asking(const std::string& query) {
  ProbeQuestion question = as_rdm();
  question.query = query;
  return question;
}

/// A client that never logs in and holds a slot all the same: authentication_timeout is a minute.
class Slot {
public:
  explicit Slot(int port) : socket_(loop_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
    const std::string startup("\0\0\0\x12\0\3\0\0user\0rdm\0\0", 18);
    boost::asio::write(socket_, boost::asio::buffer(startup));
    char first = 0;
    socket_.receive(boost::asio::buffer(&first, 1));
    if (first != 'R') throw std::runtime_error("no question for a password");
  }

private:
  boost::asio::io_context loop_;
  boost::asio::ip::tcp::socket socket_;
};

} // namespace

TEST_CASE("real postgresql: a look without a user leaves no word in its log", "[postgresql]") {
  const Postgresql postgresql;
  const std::string before = postgresql.log();
  for (int look = 0; look < 3; ++look)
    CHECK(postgresql.look() == Answer{ProbeVerdict::succeeded, "accepts connections"});
  CHECK(postgresql.log() == before);
}

TEST_CASE("real postgresql: what it logs of a look without a user is told", "[postgresql]") {
  const Postgresql postgresql;
  ProbeQuestion question;
  question.target = "unix:" + (postgresql / (".s.PGSQL." + std::to_string(postgresql.port())));
  CHECK(
      postgresql.look(question) ==
      Answer{ProbeVerdict::succeeded,
             "accepts connections, and logs at each look: Peer authentication failed for user \"postgres\""});
  CHECK(postgresql.complaints() == 1);
}

TEST_CASE("real postgresql: a login, right and wrong", "[postgresql]") {
  const Postgresql postgresql;
  const std::string before = postgresql.log();
  CHECK(postgresql.look(as_rdm()) == Answer{ProbeVerdict::succeeded, "lets user \"rdm\" in"});
  CHECK(postgresql.look(as_rdm("")).said == "asks for the password of user \"rdm\", and none is given");
  CHECK(postgresql.log() == before);
  // libpq by itself would try again without TLS.
  CHECK(postgresql.look(as_rdm("wrong")) ==
        Answer{ProbeVerdict::failed, "password authentication failed for user \"rdm\""});
  CHECK(postgresql.complaints() == 1);
  ProbeQuestion elsewhere = as_rdm();
  elsewhere.database = "records";
  CHECK(postgresql.look(elsewhere) == Answer{ProbeVerdict::failed, "database \"records\" does not exist"});
  CHECK(postgresql.complaints() == 2);
}

TEST_CASE("real postgresql: one that lets nobody in with TLS is asked without", "[postgresql]") {
  Postgresql postgresql;
  postgresql.stop();
  postgresql.write("data/pg_hba.conf", "hostnossl all all 127.0.0.1/32 scram-sha-256\n");
  postgresql.start();
  CHECK(postgresql.look(as_rdm()) == Answer{ProbeVerdict::succeeded, "lets user \"rdm\" in"});
}

TEST_CASE("real postgresql: where everybody is trusted, a look without a user logs nothing either",
          "[postgresql]") {
  Postgresql postgresql;
  postgresql.stop();
  postgresql.write("data/pg_hba.conf", "host all all 127.0.0.1/32 trust\n");
  postgresql.start();
  const std::string before = postgresql.log();
  CHECK(postgresql.look() == Answer{ProbeVerdict::succeeded, "accepts connections"});
  CHECK(postgresql.log() == before);
}

TEST_CASE("real postgresql: a query", "[postgresql]") {
  const Postgresql postgresql;
  const Answer answers{ProbeVerdict::succeeded, "answers the query"};
  CHECK(postgresql.look(asking("select 1")) == answers);
  CHECK(postgresql.look(asking("select repeat('x', 200000)")) == answers);
  CHECK(postgresql.look(asking("select repeat('x', 300000)")) ==
        Answer{ProbeVerdict::failed, "said too much before the answer to the query"});
  CHECK(postgresql.look(asking("select x from records_metadata")) ==
        Answer{ProbeVerdict::failed, "the query failed: relation \"records_metadata\" does not exist"});
  CHECK(postgresql.look(asking("create table x()")).said ==
        "the query failed: cannot execute CREATE TABLE in a read-only transaction");
  CHECK(
      postgresql.look(asking("select pg_terminate_backend(pg_backend_pid())")) ==
      Answer{ProbeVerdict::failed, "the query failed: terminating connection due to administrator command"});
  CHECK(postgresql.look(asking("copy (select 1) to stdout")).said ==
        "the query is a COPY, which is not looked at");
}

TEST_CASE("real postgresql: a query that nobody waits for any more ends in the server too", "[postgresql]") {
  const Postgresql postgresql;
  ProbeQuestion question = asking("select pg_sleep(600)");
  question.timeout = std::chrono::milliseconds(200);
  CHECK(postgresql.look(question) ==
        Answer{ProbeVerdict::failed, "the query was not answered within 200 ms"});
  CHECK(count_of("canceling statement due to statement timeout", postgresql.log()) == 1);
}

TEST_CASE("real postgresql: too many clients are no outage, and told", "[postgresql]") {
  const Postgresql postgresql("max_connections = 3\nsuperuser_reserved_connections = 1\nmax_wal_senders = 0");
  const Slot first(postgresql.port());
  CHECK(postgresql.look(as_rdm()).said == "lets user \"rdm\" in");
  const Slot second(postgresql.port());
  CHECK(postgresql.look(asking("select 1")) ==
        Answer{ProbeVerdict::succeeded,
               "remaining connection slots are reserved for non-replication superuser connections"});
  CHECK(postgresql.look().said == "accepts connections");
  const Slot third(postgresql.port());
  const Answer full{ProbeVerdict::succeeded, "sorry, too many clients already"};
  CHECK(postgresql.look() == full);
  CHECK(postgresql.look(asking("select 1")) == full);
}

TEST_CASE("real postgresql: a standby that takes no connections is starting", "[postgresql]") {
  Postgresql postgresql;
  postgresql.stop();
  postgresql.write("data/standby.signal", "");
  postgresql.set("hot_standby = off");
  postgresql.start("entering standby mode");
  for (const ProbeQuestion& question : {ProbeQuestion{}, asking("select 1")}) {
    const int before = postgresql.complaints();
    const Answer answer = postgresql.look(question);
    CHECK(answer.verdict == ProbeVerdict::starting);
    CHECK(answer.said.starts_with("the database system is "));
    CHECK(postgresql.complaints() == before + 1);
  }
}

TEST_CASE("real postgresql: one that waits for its clients to stop says so", "[postgresql]") {
  const Postgresql postgresql;
  const Slot client(postgresql.port());
  postgresql.send(SIGTERM);
  std::optional<Answer> answer;
  REQUIRE(comes_true(30s, [&] {
    answer = postgresql.look();
    return answer->verdict == ProbeVerdict::starting;
  }));
  CHECK(answer->said == "the database system is shutting down");
}

TEST_CASE("real postgresql: libpq does in isolation what it does outside", "[postgresql]") {
  Postgresql postgresql;
  CHECK(isolated([&] { return postgresql.look().said; }) == "accepts connections");
  CHECK(isolated([&] { return postgresql.look(asking("select 1")).said; }) == "answers the query");
  ProbeQuestion question = as_rdm();
  question.target = "localhost:" + std::to_string(postgresql.port());
  CHECK(isolated([&] { return postgresql.look(question).said; }) == "lets user \"rdm\" in");
  question.target = "unix:" + (postgresql / (".s.PGSQL." + std::to_string(postgresql.port())));
  CHECK(isolated([&] { return postgresql.look(question).said; }) ==
        "Peer authentication failed for user \"rdm\"");
  postgresql.stop();
  postgresql.write("data/pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
  postgresql.start();
  CHECK(isolated([&] { return postgresql.look(as_rdm()).said; }) == "lets user \"rdm\" in");
}

} // namespace holdfast::test
