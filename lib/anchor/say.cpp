#include "anchor/say.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace holdfast::anchor {

void say(const char* format, ...) {
  constexpr std::string_view before = "holdfast: ";
  std::array<char, 300> line{};
  before.copy(line.data(), before.size());
  // The newline comes where vsnprintf puts its NUL.
  const std::size_t room = line.size() - before.size();
  std::va_list values;
  va_start(values, format);
  const int length = std::vsnprintf(line.data() + before.size(), room, format, values);
  va_end(values);
  const auto wanted = static_cast<std::size_t>(std::max(length, 0));
  const std::size_t end = before.size() + std::min(wanted, room - 1);
  line[end] = '\n';
  pollfd entry{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&entry, 1, 0) == 1 && (entry.revents & POLLOUT) != 0)
    static_cast<void>(!::write(STDERR_FILENO, line.data(), end + 1));
}

} // namespace holdfast::anchor
