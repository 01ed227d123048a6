#include "observer/isolated.h"

#include "base/fd.h"
#include "observer/isolation.h"
#include "support/catch.h"

#include <exception>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::test {

std::string isolated(const std::function<std::string()>& body) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd reads(ends[0]);
  Fd writes(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(writes.get(), STDERR_FILENO);
    std::string said;
    try {
      const Status status = observer::isolate();
      said = status ? body() : status.error().what;
    } catch (const std::exception& error) {
      said = error.what();
    }
    ::_exit(::write(STDERR_FILENO, said.data(), said.size()) < 0 ? 1 : 0);
  }
  writes.reset();
  std::string said;
  char chunk[1024];
  for (ssize_t got = 0; (got = ::read(reads.get(), chunk, sizeof chunk)) > 0;)
    said.append(chunk, static_cast<std::size_t>(got));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status == 0 ? said : said + " (ended by " + std::to_string(status) + ")";
}

} // namespace holdfast::test
