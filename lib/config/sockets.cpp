#include "config/keys.h"
#include "config/semantics.h"
#include "config/values.h"

#include "base/address.h"

#include <set>

namespace holdfast::config {
namespace {

/// sun_path holds 108 bytes with its NUL.
constexpr std::size_t longest_path = 107;

const Node* list_of(const Node& service, std::string_view key) {
  const Node* list = service.value(key);
  return list != nullptr && list->kind == Kind::list ? list : nullptr;
}

const Node* text_of(const Node& section, std::string_view key) {
  const Node* node = section.value(key);
  return node != nullptr && node->kind == Kind::scalar ? node : nullptr;
}

class SocketChecks {
public:
  SocketChecks(const Entry& service, Report& report)
      : service_(service), report_(report), path_(below(below("services", service.key), "sockets")) {}

  void all(const Node& list) {
    for (std::size_t i = 0; i < list.items.size(); ++i)
      if (list.items[i]->kind == Kind::map) one(*list.items[i], path_ + "[" + std::to_string(i) + "]");
  }

private:
  void one(const Node& socket, const std::string& path) {
    if (const Node* name = text_of(socket, "name"); name != nullptr && !names_.insert(name->text).second)
      report_.error(name->place, below(path, "name"),
                    {in_quotes(name->text) + " names two sockets of " + in_quotes(service_.key), {}});
    const Node* listen = text_of(socket, "listen");
    // What is no address at all has been told.
    if (listen == nullptr || !check_address(listen->text).none()) return;
    const auto address = listening_address_of(listen->text);
    if (!address)
      return report_.error(listen->place, below(path, "listen"),
                           {address.error().what, "a socket is bound to an address: 127.0.0.1:8000, "
                                                  "[::1]:8000, 0.0.0.0:8000 or unix:/run/name"});
    if (address.value().path.size() > longest_path)
      report_.error(listen->place, below(path, "listen"),
                    {"too long for a socket", "a socket's path has 107 bytes"});
    if (address.value().path.empty()) no_file(socket, path);
    same_again(*listen, address.value(), below(path, "listen"));
  }

  void no_file(const Node& socket, const std::string& path) {
    for (const char* key : {"mode", "group"})
      if (const Entry* entry = socket.find(key))
        report_.error(entry->place, below(path, key),
                      {in_quotes(key) + " belongs to a unix socket", "leave it out"});
  }

  void same_again(const Node& listen, const PeerAddress& address, const std::string& path) {
    for (const PeerAddress& before : addresses_)
      if (overlap(before, address))
        return report_.error(
            listen.place, path,
            {in_quotes(service_.key) + " cannot have two sockets on " + in_quotes(listen.text), {}});
    addresses_.push_back(address);
  }

  const Entry& service_;
  Report& report_;
  std::string path_;
  std::set<std::string> names_;
  std::vector<PeerAddress> addresses_;
};

} // namespace

void check_sockets(const Node& tree, Report& report) {
  const Node* services = tree.value("services");
  if (services == nullptr || services->kind != Kind::map) return;
  std::size_t sockets = 0;
  for (const Entry& service : services->entries) {
    const Node* list = list_of(*service.value, "sockets");
    if (list == nullptr) continue;
    SocketChecks(service, report).all(*list);
    const bool had_room = sockets <= most_sockets;
    sockets += list->items.size();
    if (had_room && sockets > most_sockets)
      report.error(list->place, below(below("services", service.key), "sockets"),
                   {"more than " + std::to_string(most_sockets) + " sockets in all", {}});
  }
}

std::vector<Listening> listenings(const Entry& service) {
  std::vector<Listening> all;
  const std::string path = below("services", service.key);
  if (const Node* list = list_of(*service.value, "listens"))
    for (const NodePtr& item : list->items)
      if (item->kind == Kind::scalar) all.push_back({service.key, below(path, "listens"), item.get()});
  if (const Node* list = list_of(*service.value, "sockets"))
    for (const NodePtr& item : list->items)
      if (const Node* listen = text_of(*item, "listen"))
        all.push_back({service.key, below(path, "sockets"), listen});
  return all;
}

std::vector<Listening> listenings(const Node& tree) {
  std::vector<Listening> all;
  const Node* services = tree.value("services");
  if (services == nullptr || services->kind != Kind::map) return all;
  for (const Entry& service : services->entries)
    if (!is_disabled(*service.value))
      for (Listening& one : listenings(service))
        all.push_back(std::move(one));
  return all;
}

} // namespace holdfast::config
