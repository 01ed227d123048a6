#pragma once
// The directory that a stack's programs are installed in, and what an upgrade of the package does there:
// another file takes the place of the one that is being executed.

#include <string>

namespace holdfast::test {

class Installation {
public:
  /// Our own programs, within the build tree, since only there programs of it look for each other; the anchor
  /// is the one of these tests.
  Installation();
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  [[nodiscard]] std::string anchor() const { return directory_ + "/holdfast-anchor"; }
  [[nodiscard]] std::string engine() const { return directory_ + "/holdfast-engine"; }

  void put_anchor(const std::string& program) const { put(program, anchor()); }
  void put_engine(const std::string& program) const { put(program, engine()); }

private:
  static void put(const std::string& program, const std::string& path);

  std::string directory_;
};

/// The engine of this build, and those of later ones: a program of another version, one whose saved state has
/// another format, which reads this build's, and one that does what the file $HOLDFAST_CHAOS_BEHAVIOUR says.
[[nodiscard]] std::string present_engine();
[[nodiscard]] std::string next_engine();
[[nodiscard]] std::string engine_of_next_format();
[[nodiscard]] std::string misbehaving_engine();
constexpr const char* next_version = "99.1";
constexpr const char* version_of_next_format = "99.2";

} // namespace holdfast::test
