#pragma once
// Spawns the child program of tests/linux and takes down what it prints.

#include "linux/spawn.h"
#include "processes.h"

#include "base/file.h"

#include <fcntl.h>
#include <string>
#include <vector>

namespace holdfast::test {

struct Pipe {
  Fd read;
  Fd write;
  Pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
};

/// A request for the child program with these words, as a child of the test, with the identity that we have.
inline linux_os::SpawnRequest request_for(std::vector<std::string> words) {
  linux_os::SpawnRequest request;
  request.argv = {HOLDFAST_TEST_CHILD};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.parent_is_ours = true;
  return request;
}

struct Output {
  std::string text;
  int status = 0; ///< as of wait(2)
};

/// Spawns, reads all that the child prints, and reaps it.
inline Output output_of(linux_os::SpawnRequest request) {
  Pipe pipe;
  request.output = pipe.write.get();
  pid_t failed_pid = 0;
  auto spawned = linux_os::spawn(request, failed_pid);
  if (!spawned) throw std::runtime_error(spawned.error().what);
  Child child(spawned.value().pid);
  pipe.write.reset();
  Output output;
  output.text = read_all(pipe.read.get(), 1U << 20U).value();
  output.status = child.wait();
  return output;
}

/// The rest of the line that begins with `key`.
inline std::string field(const std::string& text, const std::string& key) {
  const std::string padded = "\n" + text;
  const std::size_t at = padded.find("\n" + key);
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = padded.find_first_not_of(" \t", at + 1 + key.size());
  return padded.substr(begin, padded.find('\n', begin) - begin);
}

} // namespace holdfast::test
