#include "config/semantics.h"
#include "config/values.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>

namespace holdfast::config {
namespace {

/// With what is put behind it, NAME-20261124T065330.123456Z.zst.tmp, a name has 255 bytes at most.
constexpr std::size_t longest_name = 220;

std::string plain(const std::string& path) {
  return std::filesystem::path(path).lexically_normal();
}

/// What is no path, or has such parts, has been told.
bool is_good(const std::filesystem::path& path) {
  return path.is_absolute() && std::none_of(path.begin(), path.end(), [](const std::filesystem::path& part) {
           return part == "." || part == "..";
         });
}

bool is_below(const std::string& path, const std::string& directory) {
  const std::string above = plain(directory + "/");
  return path.starts_with(above);
}

class LogFileChecks {
public:
  LogFileChecks(const model::StackSpec& stack, Report& report) : stack_(stack), report_(report) {}

  void service(const Entry& service) {
    const Node* const log = service.value->value("log");
    const Node* const files = log == nullptr ? nullptr : log->value("files");
    if (files == nullptr || files->kind != Kind::list) return;
    const std::string path = below(below(below("services", service.key), "log"), "files");
    for (std::size_t i = 0; i < files->items.size(); ++i) {
      const std::string key = path + "[" + std::to_string(i) + "]";
      place(service.key, files->items[i]->value("path"), below(key, "path"));
      signal(files->items[i]->value("reopen"), below(key, "reopen"));
    }
  }

private:
  void place(const std::string& service, const Node* node, const std::string& key) {
    if (node == nullptr || node->kind != Kind::scalar || !is_good(node->text)) return;
    const std::filesystem::path file = plain(node->text);
    if (file.filename().empty())
      return report_.error(node->place, key,
                           {in_quotes(node->text) + " names a directory", "name the file itself"});
    if (file.filename().string().size() > longest_name)
      return report_.error(node->place, key,
                           {"the file's name is too long", "220 bytes leave room for what is put behind it"});
    if (is_below(file, stack_.log_directory))
      return report_.error(node->place, key,
                           {in_quotes(node->text) + " is in logging.directory, where all files are ours",
                            "let the program write into another directory"});
    const auto [known, is_new] = users_.emplace(file, service);
    if (!is_new)
      report_.error(node->place, key,
                    {in_quotes(node->text) + " is listed by " + in_quotes(known->second) + " already",
                     "list a file once, with whoever opens it anew"});
  }

  void signal(const Node* node, const std::string& key) {
    if (node == nullptr || node->kind != Kind::scalar) return;
    const auto parsed = parse_signal(node->text);
    const int* const number = std::get_if<int>(&parsed);
    if (number == nullptr || (*number != SIGKILL && *number != SIGSTOP)) return;
    report_.error(node->place, key,
                  {"no program can take " + node->text,
                   "the signal at which it opens its logs anew, SIGUSR1 or SIGHUP for most"});
  }

  const model::StackSpec& stack_;
  Report& report_;
  std::map<std::string, std::string> users_;
};

} // namespace

void check_log_files(const Node& tree, const model::StackSpec& stack, Report& report) {
  const Node* const services = tree.value("services");
  if (services == nullptr || services->kind != Kind::map) return;
  LogFileChecks checks(stack, report);
  for (const Entry& service : services->entries)
    checks.service(service);
}

} // namespace holdfast::config
