#include "config/bounds.h"
#include "config/build.h"
#include "config/fields.h"
#include "config/semantics.h"

#include <cmath>

namespace holdfast::config {
namespace {

/// The least quota that the kernel takes is a millisecond of each tenth of a second.
constexpr std::uint64_t least_cpu = 10;

std::optional<std::uint64_t> thousandths(const Fields& limits, std::string_view key) {
  std::optional<double> value;
  limits.parsed(key, value, parse_decimal);
  if (!value || *value <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*value * 1000));
}

class LimitChecks {
public:
  LimitChecks(const Node& limits, std::string path, Report& report)
      : limits_(limits), path_(std::move(path)), report_(report) {}

  void all(const model::GroupLimits& read) {
    if (read.memory && read.memory_high && *read.memory_high >= *read.memory)
      error("memory_high", {"memory_high is not less than memory",
                            "more than memory_high is slowed, more than memory is killed"});
    if (read.cpu && *read.cpu < least_cpu)
      error("cpu", {"less than a hundredth of a core", "the kernel takes 0.01 and more"});
  }

private:
  void error(std::string_view key, const Flaw& flaw) {
    if (const Entry* entry = limits_.find(key)) report_.error(entry->value->place, below(path_, key), flaw);
  }

  const Node& limits_;
  std::string path_;
  Report& report_;
};

} // namespace

void read_group_limits(const Node* section, model::GroupLimits& limits) {
  const Fields fields(section);
  fields.parsed("memory", limits.memory, parse_size);
  fields.parsed("memory_high", limits.memory_high, parse_size);
  fields.parsed("swap", limits.swap, parse_size);
  limits.cpu = thousandths(fields, "cpu");
  fields.parsed("cpu_weight", limits.cpu_weight, parse_integer);
  fields.parsed("io_weight", limits.io_weight, parse_integer);
  fields.parsed("tasks", limits.tasks, parse_integer);
  std::string oom;
  fields.text("oom", oom);
  if (!oom.empty()) limits.oom_group = oom == "group";
}

void check_limits(const Node* section, const model::GroupLimits& read, const std::string& path,
                  Report& report) {
  if (section != nullptr && section->kind == Kind::map) LimitChecks(*section, path, report).all(read);
}

} // namespace holdfast::config
