#include "config/substitute.h"

#include "config/suggest.h"

#include <string_view>
#include <vector>

namespace holdfast::config {
namespace {

class Substitution {
public:
  Substitution(const std::map<std::string, std::string>& values, Report& report)
      : values_(values), report_(report) {}

  // Recursion is bounded: no tree is deeper than parse.h's `deepest`.
  NodePtr apply(const NodePtr& node, const std::string& path) {
    auto changed = std::make_shared<Node>(*node);
    for (NodePtr& item : changed->items)
      item = apply(item, path);
    for (Entry& entry : changed->entries)
      entry.value = apply(entry.value, below(path, entry.key));
    if (node->kind == Kind::scalar && node->text.find("${") != std::string::npos) replace(*changed, path);
    return changed;
  }

private:
  /// The result is text whatever it looks like: it stood inside a string.
  void replace(Node& node, const std::string& path) {
    std::string result;
    std::string_view rest = node.text;
    for (std::size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
      const std::size_t end = rest.find('}', at);
      if (end == std::string_view::npos)
        return report_.error(node.place, path, {"\"${\" without its \"}\"", {}});
      result += rest.substr(0, at);
      result += value(std::string(rest.substr(at + 2, end - at - 2)), node, path);
      rest.remove_prefix(end + 1);
    }
    node.text = result + std::string(rest);
    node.plain = false;
  }

  std::string value(const std::string& name, Node& node, const std::string& path) {
    if (const auto known = values_.find(name); known != values_.end()) return known->second;
    std::vector<std::string_view> names;
    for (const auto& [known, ignored] : values_)
      names.push_back(known);
    report_.error(node.place, path,
                  {"the preset has no parameter " + in_quotes(name), did_you_mean(name, names)});
    node.kind = Kind::broken;
    return {};
  }

  const std::map<std::string, std::string>& values_;
  Report& report_;
};

} // namespace

NodePtr substitute(const NodePtr& node, const std::map<std::string, std::string>& values,
                   const std::string& path, Report& report) {
  return Substitution(values, report).apply(node, path);
}

} // namespace holdfast::config
