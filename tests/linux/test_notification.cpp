#include "linux/notify_socket.h"
#include "support/catch.h"

using namespace holdfast::linux_os;
using namespace std::chrono_literals;

TEST_CASE("notification: what we understand, in any order, the rest passed over") {
  const auto found =
      parse_notification("FDNAME=x\nREADY=1\nSTATUS=working\nMAINPID=42\nEXTEND_TIMEOUT_USEC=30000000\n"
                         "nonsense\n=\n");
  REQUIRE(found);
  CHECK(found->ready);
  CHECK_FALSE(found->stopping);
  CHECK(found->status == "working");
  CHECK(found->main_pid == 42);
  CHECK(found->extend == 30s);
  CHECK(parse_notification("STOPPING=1")->stopping);
  CHECK(parse_notification("RELOADING=1\nMONOTONIC_USEC=1")->reloading);
  CHECK(parse_notification("WATCHDOG=1\n")->watchdog);
  CHECK(parse_notification("\n\nREADY=1\n\n")->ready);
}

TEST_CASE("notification: a value that is none changes nothing") {
  for (const char* text : {"READY=0", "READY=", "READY=11", " READY=1", "ready=1", "XREADY=1", "READY"})
    CHECK_FALSE(parse_notification(text)->ready);
  for (const char* text :
       {"MAINPID=0", "MAINPID=-1", "MAINPID=1x", "MAINPID=", "MAINPID=99999999999", "MAINPID= 1"})
    CHECK_FALSE(parse_notification(text)->main_pid);
  for (const char* text :
       {"EXTEND_TIMEOUT_USEC=-5", "EXTEND_TIMEOUT_USEC=1s", "EXTEND_TIMEOUT_USEC=99999999999999999999"})
    CHECK_FALSE(parse_notification(text)->extend);
}

TEST_CASE("notification: empty, overlong, NUL bytes and invalid UTF-8 are nothing") {
  CHECK_FALSE(parse_notification(""));
  CHECK(parse_notification("STATUS=" + std::string(4089, 'x')));
  CHECK_FALSE(parse_notification("STATUS=" + std::string(4090, 'x')));
  CHECK_FALSE(parse_notification(std::string_view("READY=1\0", 8)));
  CHECK_FALSE(parse_notification("READY=1\nSTATUS=\xff"));
}

TEST_CASE("notification: a status is cut between characters and loses its control characters") {
  const std::string long_status = "STATUS=" + std::string(255, 'x') + "ä";
  CHECK(parse_notification(long_status)->status == std::string(255, 'x'));
  CHECK(parse_notification("STATUS=a\x1b[31mb\x7f\tc\xc2\x9b"
                           "d ä")
            ->status == "a[31mbcd ä");
}
