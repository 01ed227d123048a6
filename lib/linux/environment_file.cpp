#include "linux/environment_file.h"

#include "base/fd.h"
#include "base/file.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 256U << 10U;
constexpr mode_t widest_mode = 0640;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_name(std::string_view name) {
  constexpr std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  return !name.empty() && first.find(name[0]) != std::string_view::npos &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
             std::string_view::npos;
}

/// A cursor that knows its line.
class Reader {
public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Assignments> read() {
    Assignments found;
    while (skip_to_assignment()) {
      const std::size_t line = line_;
      std::string name = take_name();
      if (!is_name(name) || !at('=')) return at_line(line, "not NAME=value");
      next();
      std::string value;
      if (!take_value(value)) return at_line(line, "the closing quote is missing");
      if (value.find('\0') != std::string::npos) return at_line(line, "a NUL byte");
      found.emplace_back(std::move(name), std::move(value));
    }
    return found;
  }

private:
  static Error at_line(std::size_t line, const char* problem) {
    return Error{"line " + std::to_string(line) + ": " + problem, EINVAL};
  }

  [[nodiscard]] bool end() const { return place_ == text_.size(); }
  [[nodiscard]] bool at(char c) const { return !end() && text_[place_] == c; }
  char next() {
    const char c = text_[place_++];
    if (c == '\n') ++line_;
    return c;
  }
  void skip_line() {
    while (!end() && next() != '\n') {
    }
  }

  /// Past blank lines and comments. False at the end.
  bool skip_to_assignment() {
    while (!end()) {
      if (at('#') || at(';'))
        skip_line();
      else if (at('\n') || is_blank(text_[place_]))
        next();
      else
        return true;
    }
    return false;
  }

  std::string take_name() {
    std::string name;
    while (!end() && !at('=') && !at('\n'))
      name += next();
    while (!name.empty() && is_blank(name.back()))
      name.pop_back();
    return name;
  }

  /// Quoted and plain pieces up to the end of the line. False where a quote stays open.
  bool take_value(std::string& value) {
    for (;;) {
      while (!end() && is_blank(text_[place_]))
        next();
      if (end()) return true;
      if (at('\n')) return next(), true;
      if (at('\'')) {
        if (!take_single_quoted(value)) return false;
      } else if (at('"')) {
        if (!take_double_quoted(value)) return false;
      } else {
        return take_plain(value), true;
      }
    }
  }

  bool take_single_quoted(std::string& value) {
    next();
    while (!end()) {
      const char c = next();
      if (c == '\'') return true;
      value += c;
    }
    return false;
  }

  bool take_double_quoted(std::string& value) {
    constexpr std::string_view escapable = "\"\\`$";
    next();
    while (!end()) {
      const char c = next();
      if (c == '"') return true;
      if (c != '\\' || end()) {
        value += c;
        continue;
      }
      const char escaped = next();
      if (escaped == '\n') continue;
      if (escapable.find(escaped) == std::string_view::npos) value += c;
      value += escaped;
    }
    return false;
  }

  /// The rest of the line; blanks at its end do not belong to it unless they were escaped.
  void take_plain(std::string& value) {
    std::size_t keep = value.size();
    while (!end()) {
      char c = next();
      if (c == '\n') break;
      const bool escaped = c == '\\' && !end();
      if (escaped && (c = next()) == '\n') continue;
      value += c;
      if (escaped || !is_blank(c)) keep = value.size();
    }
    value.resize(keep);
  }

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t line_ = 1;
};

Status check_file(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("fstat", errno);
  if (!S_ISREG(info.st_mode)) return Error{"not a regular file", EINVAL};
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return Error{"belongs to the user with the number " + std::to_string(info.st_uid) + "; must be root's",
                 EACCES};
  if ((info.st_mode & 07777 & ~widest_mode) != 0) {
    char mode[16];
    std::snprintf(mode, sizeof mode, "%04o", info.st_mode & 07777);
    return Error{std::string("its mode is ") + mode + "; must be 0600 or 0640", EACCES};
  }
  return Done{};
}

} // namespace

Result<Assignments> parse_environment(std::string_view text) {
  return Reader(text).read();
}

Result<Assignments> read_environment_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in its place must not stop us. The file that is checked is the one that is read.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return system_error(path, errno);
  if (auto checked = check_file(fd.get()); !checked) return checked.error().in(path);
  auto text = read_all(fd.get(), most_bytes);
  if (!text) return text.error().in(path);
  auto parsed = parse_environment(text.value());
  if (!parsed) return parsed.error().in(path);
  return parsed;
}

} // namespace holdfast::linux_os
