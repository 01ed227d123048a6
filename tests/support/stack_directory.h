#pragma once

#include <string>

namespace holdfast::test {

/// Where one test's stack lives: below /var/tmp, since servers that run as users of their own must reach it.
/// Goes with the test, but for HOLDFAST_KEEP in the environment, which leaves it to be looked at.
class StackDirectory {
public:
  StackDirectory();
  ~StackDirectory();
  StackDirectory(const StackDirectory&) = delete;
  StackDirectory& operator=(const StackDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// A name that no other stack on this machine has.
  [[nodiscard]] const std::string& name() const { return name_; }

  void write(const std::string& file, const std::string& text, unsigned mode = 0644) const;
  /// holdfast.yaml with the sections that every stack needs and what is under "services:", indented by two.
  void write_services(const std::string& services) const;

private:
  std::string path_;
  std::string name_;
};

} // namespace holdfast::test
