// What the measurement of the logs runs beside the loggers: who writes, and the least that can be done with
// what he writes. Static, so that no loader's work is counted.
//
//   bench_log_part write FIFO BYTES SIZE    for each byte that comes out of FIFO, so many bytes of lines to
//                                           stdout in writes of that size, then "." into FIFO.back
//   bench_log_part loop FILE                splice from stdin to the file's end, until stdin's end

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

constexpr std::size_t line_size = 120;

std::string lines(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    std::string line = "worker-3 INFO request finished path=/api/records status=200 number=" +
                       std::to_string(text.size() / line_size) + " ";
    line.resize(line_size - 1, 'x');
    text += line + '\n';
  }
  text.resize(size);
  text.back() = '\n';
  return text;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int write_when_told(const std::string& fifo, std::uint64_t bytes, std::size_t size) {
  const int go = ::open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  const int back = ::open((fifo + ".back").c_str(), O_WRONLY | O_CLOEXEC);
  if (go < 0 || back < 0) return 1;
  const std::string piece = lines(size);
  for (char told = 0; ::read(go, &told, 1) == 1;) {
    for (std::uint64_t written = 0; written < bytes; written += size)
      if (!write_all(piece)) return 1;
    if (::write(back, ".", 1) != 1) return 1;
  }
  return 0;
}

int splice_to(const char* path) {
  constexpr std::size_t most = 1U << 20U;
  const int file = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return 1;
  loff_t at = 0;
  while (::splice(STDIN_FILENO, nullptr, file, &at, most, 0) > 0) {
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "write" && argc == 5)
    return write_when_told(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
  if (what == "loop" && argc == 3) return splice_to(argv[2]);
  return 2;
}
