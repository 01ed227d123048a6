#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace holdfast::test {

/// The zone of localtime(3) as long as this is there; `name` as in tzset(3).
class Zone {
public:
  explicit Zone(const char* name) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    set(name);
  }
  ~Zone() { set(before_ ? before_->c_str() : nullptr); }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

private:
  static void set(const char* name) {
    if (name != nullptr)
      ::setenv("TZ", name, 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }

  std::optional<std::string> before_;
};

} // namespace holdfast::test
