#include "client/terminal.h"

#include "client/text.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace holdfast::client {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      // Somebody made the terminal non-blocking for all who share it.
      pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
      static_cast<void>(::poll(&wait, 1, -1));
      continue;
    }
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool wants_colours() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

std::string_view code_of(Colour colour) {
  switch (colour) {
  case Colour::none: return "";
  case Colour::green: return "\x1b[32m";
  case Colour::yellow: return "\x1b[33m";
  case Colour::red: return "\x1b[31m";
  case Colour::dim: return "\x1b[2m";
  case Colour::blue: return "\x1b[34m";
  case Colour::magenta: return "\x1b[35m";
  case Colour::cyan: return "\x1b[36m";
  }
  return "";
}

constexpr std::string_view erase_line = "\r\x1b[K";

} // namespace

Terminal::Terminal(int out, int err)
    : out_(out), err_(err), terminal_(::isatty(out) == 1), colours_(terminal_ && wants_colours()) {}

bool Terminal::write(std::string_view text) {
  clear_progress();
  return write_all(out_, text);
}

void Terminal::write_error(std::string_view text) {
  clear_progress();
  static_cast<void>(write_all(err_, text));
}

void Terminal::complain(std::string_view message) {
  write_error("holdfast: " + harmless(message) + "\n");
}

bool Terminal::progress(std::string_view line) {
  if (!terminal_) return write_all(out_, std::string(line) + "\n");
  progress_shown_ = true;
  return write_all(out_, std::string(erase_line) + cut(line, size().columns - 1));
}

void Terminal::clear_progress() {
  if (!progress_shown_) return;
  progress_shown_ = false;
  static_cast<void>(write_all(out_, erase_line));
}

std::string Terminal::in(Colour colour, std::string_view text) const {
  if (!colours_ || colour == Colour::none) return std::string(text);
  return std::string(code_of(colour)) + std::string(text) + "\x1b[0m";
}

Terminal::Size Terminal::size() const {
  winsize window{};
  if (::ioctl(out_, TIOCGWINSZ, &window) != 0 || window.ws_col < 2 || window.ws_row < 2) return {};
  return {.rows = window.ws_row, .columns = window.ws_col};
}

} // namespace holdfast::client
