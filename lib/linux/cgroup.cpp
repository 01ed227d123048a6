#include "linux/cgroup.h"

#include "base/file.h"
#include "linux/mountinfo.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 4U << 20U;

void add_children(const std::string& path, std::vector<std::string>& found) {
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (std::error_code gone; entry->is_directory(gone)) found.push_back(entry->path());
}

/// `path` and every cgroup below it, each after its parent. A list instead of recursion: a service may nest
/// as deep as the kernel lets it.
std::vector<std::string> tree(const std::string& path) {
  std::vector<std::string> found{path};
  for (std::size_t i = 0; i < found.size(); ++i)
    add_children(std::string(found[i]), found);
  return found;
}

std::vector<int> parse_pids(std::string_view text) {
  std::vector<int> pids;
  while (!text.empty()) {
    int pid = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), pid);
    // 0 is a process of a pid namespace that we cannot see into.
    if (problem == std::errc{} && pid > 0) pids.push_back(pid);
    const std::size_t line = text.find('\n');
    text.remove_prefix(line == std::string_view::npos ? text.size() : line + 1);
  }
  return pids;
}

Status check_files(const std::string& path) {
  for (const char* file : {"/cgroup.kill", "/cgroup.events"})
    if (::access((path + file).c_str(), F_OK) != 0)
      return Error{path + ": the kernel has no " + (file + 1) + " (Linux 5.14 and up is needed)", errno};
  return Done{};
}

} // namespace

Result<std::string> cgroup_mount() {
  const auto mounts = read_mountinfo();
  if (!mounts) return mounts.error();
  for (const Mount& mount : mounts.value())
    if (mount.type == "cgroup2" && mount.root == "/") return mount.point;
  return Error{"no cgroup v2 hierarchy is mounted", ENOENT};
}

Result<std::string> cgroup_of(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/cgroup";
  const auto read = read_file(path, most_bytes);
  if (!read) return read.error();
  std::string_view text = read.value();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with("0::")) return std::string(line.substr(3));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return Error{path + ": not in a v2 cgroup", ENOENT};
}

Status check_cgroup_support(const std::string& below) {
  const std::string path = below + "/holdfast-check-" + std::to_string(::getpid());
  if (auto made = make_cgroup(path); !made) return made;
  auto checked = check_files(path);
  auto removed = remove_cgroups(path);
  return checked ? removed : checked;
}

Status write_control(const std::string& path, std::string_view value) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!fd.valid()) return system_error(path, errno);
  if (::write(fd.get(), value.data(), value.size()) < 0) return system_error(path, errno);
  return Done{};
}

Status make_cgroup(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0) return system_error(path, errno);
  return Done{};
}

Status remove_cgroups(const std::string& path) {
  const auto paths = tree(path);
  for (auto it = paths.rbegin(); it != paths.rend(); ++it)
    if (::rmdir(it->c_str()) != 0) return system_error(*it, errno);
  return Done{};
}

Status move_into(const std::string& path, int pid) {
  return write_control(path + "/cgroup.procs", std::to_string(pid));
}

Result<std::vector<int>> pids_in(const std::string& path) {
  const auto text = read_file(path + "/cgroup.procs", most_bytes);
  if (!text) return text.error();
  return parse_pids(text.value());
}

std::vector<int> pids_below(const std::string& path) {
  std::vector<int> pids;
  for (const std::string& cgroup : tree(path))
    // One that went away meanwhile holds nobody.
    if (const auto found = pids_in(cgroup); found)
      pids.insert(pids.end(), found.value().begin(), found.value().end());
  return pids;
}

Status kill_cgroup(const std::string& path) {
  return write_control(path + "/cgroup.kill", "1");
}

std::optional<std::uint64_t> number_in(const std::string& path, const std::string& file) {
  const auto text = read_file(path + "/" + file, most_bytes);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const char* const begin = text.value().data();
  if (std::from_chars(begin, begin + text.value().size(), number).ec != std::errc{}) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> counter_in(const std::string& path, const std::string& file,
                                        std::string_view key) {
  const auto text = read_file(path + "/" + file, most_bytes);
  return text ? parse_counter(text.value(), key) : std::nullopt;
}

std::optional<std::uint64_t> parse_counter(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
    const std::string_view number = line.substr(key.size() + 1);
    std::uint64_t value = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc{}) return value;
  }
  return std::nullopt;
}

} // namespace holdfast::linux_os
