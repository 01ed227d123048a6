#include "config/canary.h"
#include "config/check.h"
#include "config/keys.h"
#include "config/network_probe.h"
#include "config/semantics.h"
#include "config/values.h"

#include "base/result.h"
#include "base/secret_file.h"

#include <cerrno>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace holdfast::config {
namespace {

/// Whether the machine's databases have a user or group of this name.
template <typename Record, typename Lookup>
bool in_database(const std::string& name, Lookup lookup) {
  std::vector<char> buffer(16 * 1024);
  Record record{};
  Record* found = nullptr;
  int error = ERANGE;
  while ((error = lookup(name.c_str(), &record, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < 4 * 1024 * 1024)
    buffer.resize(buffer.size() * 2);
  return error == 0 && found != nullptr;
}

std::string own_name() {
  std::vector<char> buffer(16 * 1024);
  passwd record{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &record, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::string() : found->pw_name;
}

bool user_exists(const std::string& name) {
  return in_database<passwd>(name, ::getpwnam_r);
}

bool group_exists(const std::string& name) {
  return in_database<group>(name, ::getgrnam_r);
}

Flaw program_flaw(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {system_error(path, errno).what, "is its package installed?"};
  if (!S_ISREG(info.st_mode)) return {path + ": not a file", {}};
  if ((info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) return {path + ": not executable", "chmod +x"};
  return {};
}

Flaw environment_file_flaw(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {system_error(path, errno).what, {}};
  if (!S_ISREG(info.st_mode)) return {path + ": not a regular file", {}};
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return {path + ": owned by user " + std::to_string(info.st_uid),
            "root or the user we run as must own it"};
  if ((info.st_mode & 07777U & ~0640U) != 0)
    return {path + ": more may read or write it than should", "chmod 0640 or 0600"};
  return {};
}

/// As the engine reads it.
Flaw secret_file_flaw(const std::string& path) {
  const auto secret = read_secret_file(path);
  return secret ? Flaw{} : Flaw{secret.error().what, {}};
}

class Look {
public:
  Look(const Entry& service, bool root, Report& report)
      : node_(*service.value), root_(root), report_(report), path_(below("services", service.key)) {}

  void all() {
    user();
    if (const Node* name = text(node_, "group")) tell(*name, "group", unknown_group(name->text));
    groups();
    owners();
    programs();
    if (const Node* file = text(node_, "environment_file"))
      tell(*file, "environment_file", environment_file_flaw(file->text));
    for (const char* probe : {"ready", "progress", "live"})
      if (const Node* section = node_.value(probe))
        if (const Node* file = text(*section, "secret_file"))
          tell(*file, std::string(probe) + ".secret_file", secret_file_flaw(file->text));
  }

private:
  static const Node* text(const Node& section, std::string_view key) {
    const Node* node = section.value(key);
    return node != nullptr && core_type(*node) == CoreType::text ? node : nullptr;
  }

  /// Nothing about a name that is none: that has been told.
  static Flaw unknown_user(const std::string& name) {
    if (!check_user(name).none() || user_exists(name)) return {};
    return {"there is no user " + in_quotes(name), "is its package installed?"};
  }

  static Flaw unknown_group(const std::string& name) {
    if (!check_user(name).none() || group_exists(name)) return {};
    return {"there is no group " + in_quotes(name), {}};
  }

  void tell(const Node& node, std::string_view key, const Flaw& flaw) {
    if (!flaw.none()) report_.error(node.place, below(path_, key), flaw);
  }

  void user() {
    const Node* node = text(node_, "user");
    if (node == nullptr) return;
    if (const Flaw flaw = unknown_user(node->text); !flaw.none()) return tell(*node, "user", flaw);
    if (!root_ && node->text != own_name())
      tell(*node, "user", {"only root can start a service as another user", "leave it out, or run as root"});
  }

  void groups() {
    if (const Node* list = node_.value("groups"))
      for (const NodePtr& item : list->items)
        if (item->kind == Kind::scalar) tell(*item, "groups", unknown_group(item->text));
  }

  void owners() {
    if (const Node* list = node_.value("requires"))
      for (const NodePtr& item : list->items)
        if (const Node* owner = text(*item, "owner")) tell(*owner, "requires", unknown_user(owner->text));
  }

  void programs() {
    program(node_, "command");
    for (const char* key : {"ready", "progress", "live", "reload"})
      if (const Node* section = node_.value(key)) program(*section, "exec");
    if (const Node* ladder = node_.value("stop"))
      for (const NodePtr& rung : ladder->items)
        program(*rung, "exec");
  }

  void program(const Node& section, std::string_view key) {
    const Node* node = section.value(key);
    if (node == nullptr) return;
    const auto words = words_of(*node);
    if (words.empty() || !words.front().starts_with('/')) return;
    const Node& first = node->items.empty() ? *node : *node->items.front();
    tell(first, key, program_flaw(words.front()));
  }

  const Node& node_;
  bool root_;
  Report& report_;
  std::string path_;
};

/// What the observer is needed for.
struct Asked {
  Place place;
  std::string path;
};

std::optional<Asked> first_asked(const Node& services) {
  for (const Entry& service : services.entries)
    for (const char* probe : {"ready", "progress", "live"})
      if (const Node* section = service.value->value(probe);
          section != nullptr && !is_disabled(*service.value))
        for (const Entry& entry : section->entries)
          if (protocol_of(entry.key)) return Asked{entry.place, below(below("services", service.key), probe)};
  return std::nullopt;
}

/// Whom the daemon would miss at its start.
void look_for_observers_user(const Node& tree, const std::string& user, Report& report) {
  if (user_exists(user)) return;
  const Node* services = tree.value("services");
  auto asked = services == nullptr ? std::nullopt : first_asked(*services);
  if (const Node* canary = canary_section_of(tree); canary != nullptr && !asked)
    asked = Asked{canary->place, "stability.canary"};
  if (!asked) return;
  report.error(asked->place, asked->path,
               {"there is no user " + in_quotes(user) + ", as whom the observer asks network peers",
                "the package makes it, and so does `useradd --system " + user + "`"});
}

} // namespace

bool is_disabled(const Node& service) {
  const Node* enabled = service.value("enabled");
  return enabled != nullptr && boolean(*enabled) == false;
}

void look_at_machine(const Node& tree, const LoadOptions& options, Report& report) {
  if (const Node* canary = canary_section_of(tree))
    if (const Node* file = canary->value("secret_file"); file != nullptr && file->kind == Kind::scalar)
      if (const Flaw flaw = secret_file_flaw(file->text); !flaw.none())
        report.error(file->place, "stability.canary.secret_file", flaw);
  if (options.root) look_for_observers_user(tree, options.observers_user, report);
  const Node* services = tree.value("services");
  if (services == nullptr) return;
  for (const Entry& service : services->entries)
    if (!is_disabled(*service.value)) Look(service, options.root, report).all();
}

} // namespace holdfast::config
