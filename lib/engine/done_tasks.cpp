#include "engine/done_tasks.h"

#include "base/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <sstream>
#include <utility>

namespace holdfast::engine {
namespace {

constexpr std::size_t most_bytes = 1U << 20;

/// FNV-1a over all that was added; each part ends, so that "ab","c" is not "a","bc".
class Hash {
public:
  void add(const std::string& text) {
    for (const char c : text)
      one(static_cast<unsigned char>(c));
    one(0);
  }
  void add(std::uint64_t number) { add(std::to_string(number)); }
  template <typename T>
  void add(const std::optional<T>& value) {
    add(std::uint64_t{value.has_value()});
    if (value) add(*value);
  }
  void add(const std::vector<std::string>& list) {
    add(list.size());
    for (const std::string& word : list)
      add(word);
  }
  [[nodiscard]] std::string text() const {
    std::array<char, 20> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value_));
    return digits.data();
  }

private:
  void one(unsigned char byte) { value_ = (value_ ^ byte) * 1099511628211ULL; }
  std::uint64_t value_ = 14695981039346656037ULL;
};

} // namespace

std::string fingerprint(const model::Program& program) {
  Hash hash;
  hash.add(program.command);
  hash.add(program.user);
  hash.add(program.group);
  hash.add(program.groups);
  hash.add(program.capabilities);
  hash.add(std::uint64_t{program.no_new_privileges});
  hash.add(program.environment.size());
  for (const auto& [name, value] : program.environment) {
    hash.add(name);
    hash.add(value);
  }
  hash.add(program.environment_file);
  hash.add(program.directory);
  hash.add(std::uint64_t{program.umask});
  return hash.text();
}

Status DoneTasks::read() {
  const auto text = read_file(path_, most_bytes);
  if (!text && text.error().code == ENOENT) return Done{};
  if (!text) return text.error();
  std::istringstream lines(text.value());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string program;
    if (words >> name >> program) programs_[name] = program;
  }
  return Done{};
}

std::vector<ServiceId> DoneTasks::of(const model::StackSpec& stack) const {
  std::vector<ServiceId> done;
  for (std::uint32_t i = 0; i < stack.services.size(); ++i) {
    const model::ServiceSpec& service = stack.services[i];
    if (service.task != model::TaskRun::once || service.removed) continue;
    const auto known = programs_.find(service.name);
    if (known != programs_.end() && known->second == fingerprint(service.program)) done.push_back({i});
  }
  return done;
}

void DoneTasks::add(const model::ServiceSpec& task) {
  programs_[task.name] = fingerprint(task.program);
}

std::string DoneTasks::text() const {
  std::string text;
  for (const auto& [name, program] : programs_)
    text += name + " " + program + "\n";
  return text;
}

} // namespace holdfast::engine
