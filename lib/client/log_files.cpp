#include "client/log_files.h"

#include "wire/control.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

namespace holdfast::client {
namespace {

constexpr std::string_view log_ending = ".log";

std::string_view ending_of(Packing packing) {
  switch (packing) {
  case Packing::plain: return "";
  case Packing::zstd: return ".zst";
  case Packing::gzip: return ".gz";
  }
  return "";
}

bool is_moment(std::string_view text) {
  constexpr std::string_view shape = "00000000T000000.000000Z";
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char is, char as) { return as == '0' ? is >= '0' && is <= '9' : is == as; });
}

/// What a name says behind "SERVICE.log-".
std::optional<LogFileName> rotated_of(std::string_view rest, const std::string& name) {
  for (const Packing packing : {Packing::zstd, Packing::gzip, Packing::plain}) {
    if (!rest.ends_with(ending_of(packing))) continue;
    const std::string_view moment = rest.substr(0, rest.size() - ending_of(packing).size());
    if (!is_moment(moment)) return std::nullopt;
    return LogFileName{.name = name, .rotated = std::string(moment), .packing = packing};
  }
  return std::nullopt;
}

Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::end(entry); entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error == std::errc::permission_denied)
    return Error{directory + ": Permission denied (root and members of group adm may read the logs)", EACCES};
  if (error) return system_error(directory, error.value());
  return names;
}

} // namespace

std::string current_log(std::string_view service) {
  return std::string(service) + std::string(log_ending);
}

std::string rotated_log(std::string_view service, std::string_view rotated, Packing packing) {
  return current_log(service) + "-" + std::string(rotated) + std::string(ending_of(packing));
}

Result<std::vector<LogFileName>> rotated_logs(const std::string& directory, std::string_view service) {
  auto names = names_in(directory);
  if (!names) return names.error();
  const std::string head = current_log(service) + "-";
  std::vector<LogFileName> files;
  for (const std::string& name : names.value()) {
    if (!name.starts_with(head)) continue;
    if (auto file = rotated_of(std::string_view(name).substr(head.size()), name))
      files.push_back(std::move(*file));
  }
  std::sort(files.begin(), files.end(), [](const LogFileName& a, const LogFileName& b) {
    return std::pair(a.rotated, a.packing) < std::pair(b.rotated, b.packing);
  });
  const auto twins = std::unique(files.begin(), files.end(), [](const LogFileName& a, const LogFileName& b) {
    return a.rotated == b.rotated;
  });
  files.erase(twins, files.end());
  return files;
}

Result<std::vector<std::string>> logged_services(const std::string& directory) {
  const auto names = names_in(directory);
  if (!names) return names.error();
  std::set<std::string> services;
  for (const std::string& name : names.value()) {
    const std::size_t end = name.find(log_ending);
    if (end == std::string::npos || !wire::is_service_name(name.substr(0, end))) continue;
    const std::string_view rest = std::string_view(name).substr(end + log_ending.size());
    if (rest.empty() || (rest.front() == '-' && rotated_of(rest.substr(1), name)))
      services.insert(name.substr(0, end));
  }
  return std::vector<std::string>(services.begin(), services.end());
}

std::string as_in_names(std::string_view time) {
  std::string text;
  std::copy_if(time.begin(), time.end(), std::back_inserter(text),
               [](char c) { return c != '-' && c != ':'; });
  return text;
}

} // namespace holdfast::client
