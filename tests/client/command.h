#pragma once

#include "base/fd.h"
#include "base/file.h"
#include "client/client.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdfast::test {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

/// The command line on a stack of the test's own.
class Command {
public:
  [[nodiscard]] std::string socket() const { return scratch / "control.sock"; }

  [[nodiscard]] client::Composition composition() {
    const std::string root = scratch.path();
    return {.version = "1.2.3",
            .programs = {.anchor = root + "/no-anchor", .engine = root + "/no-engine"},
            .locate =
                [this, root](const std::string& config) {
                  config_ = config;
                  return client::Locations{.runtime = root, .state = root, .log_directory = root};
                },
            .check =
                [this](const client::CheckRequest& request) {
                  checked_ = request;
                  return 1;
                },
            .plan = [this](const std::string&) { return plan; }};
  }

  Ran run(const std::vector<std::string>& words) {
    const Fd out(::memfd_create("out", MFD_CLOEXEC));
    const Fd err(::memfd_create("err", MFD_CLOEXEC));
    client::Terminal terminal(out.get(), err.get());
    const int code = client::run_client(words, composition(), terminal);
    return {.code = code, .out = text_of(out), .err = text_of(err)};
  }

  void put(const std::string& name, const std::string& text) {
    REQUIRE(replace_file(scratch / name, text, 0644).ok());
  }
  void append(const std::string& name, const std::string& text) {
    const Fd fd(::open((scratch / name).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  Scratch scratch;
  std::string config_;
  client::CheckRequest checked_;
  wire::PlanView plan; ///< of a start

private:
  static std::string text_of(const Fd& fd) {
    REQUIRE(::lseek(fd.get(), 0, SEEK_SET) == 0);
    return read_all(fd.get(), 64U << 20).value();
  }
};

} // namespace holdfast::test
